// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// FuzzDecodeList: what is listed is what the client may ask for, stop and show.
func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(listing(running(name), clusterJSON(other, "FAILED", start, defaults("1"))).Body))
	f.Add([]byte(`{"a": {"name": "a", "status": "RUNNING", "options": {"x": 1e999, "y": [NaN, {}]}}}`))
	f.Add([]byte(`{"..": {"name": "..", "status": "RUNNING", "options": {}}}`))
	f.Add([]byte(`{"a": {"name": "a", "status": "\u0000", "dashboard_route": "@x", "options": {}}}`))
	f.Add([]byte(`{"a": {"name": "a"}, "a": null}`))
	f.Add([]byte("{ \t\n"))
	set, newClient := answering(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, answer []byte) {
		set(answer)
		clusters, err := client.ListClusters(context.Background())
		keepsSecrets(t, clusters, err)
		if err != nil {
			scripted.ExpectPrintable(t, err)
			return
		}
		for called, cluster := range clusters {
			isSound(t, called, cluster)
		}
	})
}

// isSound fails unless a cluster has what the rest relies on.
func isSound(t *testing.T, called string, cluster gateway.Cluster) {
	t.Helper()
	if cluster.Name != called || !gateway.ValidName(called) || cluster.Status == "" || cluster.Options == nil {
		t.Errorf("%q is %+v", called, cluster)
	}
	for _, text := range []string{string(cluster.Status), cluster.DashboardRoute} {
		if strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) {
			t.Errorf("nobody can be shown %q", text)
		}
	}
	if link := (gateway.Addresses{PublicAddress: "https://h.example.com"}).DashboardLink(cluster.DashboardRoute); link != "" && !strings.HasPrefix(link, "https://h.example.com/") {
		t.Errorf("the dashboard is %q", link)
	}
	for _, at := range []time.Time{cluster.StartTime, cluster.StopTime} {
		if _, err := time.Parse(time.RFC3339, at.Format(time.RFC3339)); err != nil {
			t.Error(err)
		}
	}
	for field, value := range cluster.Options {
		if !gateway.SameValue(value, value) {
			t.Errorf("the option %q, %#v, is not the same as itself", field, value)
		}
	}
}

// FuzzDecodeAnswers gives the short answers to each who may ask for them.
func FuzzDecodeAnswers(f *testing.F) {
	for _, body := range []string{
		created.Body, clamped.Body, `{"version": "2026.3.0"}`, `{"status": "pass"}`, `{"workers": 3, "bytes": 0}`, `{"type": "Scheduler", "workers": {"a": {"nthreads": 2, "memory_limit": null}}, "n_workers": 1}`, `{"ok": true, "msg": null}`,
		`{"name": "../x"}`, `{"name": 1, "version": "1\n2", "ok": "true", "workers": -1}`, `{"ok": false, "msg": "\u001b[2J"}`, `null`, `[]`, `{"name": "`, "\xff",
	} {
		f.Add([]byte(body))
	}
	set, newClient := answering(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, answer []byte) {
		set(answer)
		ctx := context.Background()
		called, err := client.CreateCluster(ctx, nil)
		sound(t, err, gateway.ValidName(called), called)
		version, err := client.Version(ctx)
		sound(t, err, version != "" && !strings.ContainsAny(version, " \r\n\t;,@"), version)
		count, err := client.Workers(ctx, name)
		sound(t, err, count >= 0, count)
		capacity, err := client.Capacity(ctx, name)
		sound(t, err, min(capacity.Workers, capacity.Threads, capacity.Memory) >= 0, capacity)
		scaling, err := client.Scale(ctx, name, 1)
		sound(t, err, len(scaling.Message) < 2000 && !strings.ContainsFunc(scaling.Message, func(r rune) bool { return !unicode.IsPrint(r) }), scaling.Message)
		sound(t, client.Health(ctx), true, nil)
	})
}

// sound fails if an answer was taken that should not have been.
func sound(t *testing.T, err error, isSound bool, value any) {
	t.Helper()
	switch {
	case err != nil:
		scripted.ExpectPrintable(t, err)
	case !isSound:
		t.Errorf("%#v was taken", value)
	}
}
