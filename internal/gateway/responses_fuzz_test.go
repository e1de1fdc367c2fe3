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

// The client may read, stop and display every cluster that it lists.
func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(listReply(runningCluster(clusterName), clusterJSON(otherClusterName, "FAILED", startTime, defaultOptions("1"))).Body))
	f.Add([]byte(`{"a": {"name": "a", "status": "RUNNING", "options": {"x": 1e999, "y": [NaN, {}]}}}`))
	f.Add([]byte(`{"..": {"name": "..", "status": "RUNNING", "options": {}}}`))
	f.Add([]byte(`{"a": {"name": "a", "status": "\u0000", "dashboard_route": "@x", "options": {}}}`))
	f.Add([]byte(`{"a": {"name": "a"}, "a": null}`))
	f.Add([]byte("{ \t\n"))
	set, newClient := newFuzzedGateway(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, response []byte) {
		set(response)
		clusters, err := client.ListClusters(context.Background())
		expectNoKey(t, clusters, err)
		if err != nil {
			scripted.ExpectPrintable(t, err)
			return
		}
		for listedName, cluster := range clusters {
			checkCluster(t, listedName, cluster)
		}
	})
}

// checkCluster fails the test if a cluster breaks what its callers rely on.
func checkCluster(t *testing.T, listedName string, cluster gateway.Cluster) {
	t.Helper()
	if cluster.Name != listedName || !gateway.IsValidName(listedName) || cluster.Status == "" || cluster.Options == nil {
		t.Errorf("%q is %+v", listedName, cluster)
	}
	for _, text := range []string{string(cluster.Status), cluster.DashboardRoute} {
		if strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) {
			t.Errorf("the cluster contains unprintable characters: %q", text)
		}
	}
	if link := (gateway.Addresses{PublicAddress: "https://h.example.com"}).DashboardLink(cluster.DashboardRoute); link != "" && !strings.HasPrefix(link, "https://h.example.com/") {
		t.Errorf("the dashboard is %q", link)
	}
	for _, instant := range []time.Time{cluster.StartTime, cluster.StopTime} {
		if _, err := time.Parse(time.RFC3339, instant.Format(time.RFC3339)); err != nil {
			t.Error(err)
		}
	}
	for field, value := range cluster.Options {
		if !gateway.IsSameValue(value, value) {
			t.Errorf("the option %q, %#v, is not the same as itself", field, value)
		}
	}
}

// FuzzDecodeSmallResponses returns the fuzzed response to every request with a
// small response.
func FuzzDecodeSmallResponses(f *testing.F) {
	for _, body := range []string{
		createdReply.Body, clampedReply.Body, `{"version": "2026.3.0"}`, `{"status": "pass"}`, `{"workers": 3, "bytes": 0}`, `{"type": "Scheduler", "workers": {"a": {"nthreads": 2, "memory_limit": null}}, "n_workers": 1}`, `{"ok": true, "msg": null}`,
		`{"name": "../x"}`, `{"name": 1, "version": "1\n2", "ok": "true", "workers": -1}`, `{"ok": false, "msg": "\u001b[2J"}`, `null`, `[]`, `{"name": "`, "\xff",
	} {
		f.Add([]byte(body))
	}
	set, newClient := newFuzzedGateway(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, response []byte) {
		set(response)
		ctx := context.Background()
		createdName, err := client.CreateCluster(ctx, nil)
		checkResult(t, err, gateway.IsValidName(createdName), createdName)
		version, err := client.Version(ctx)
		checkResult(t, err, version != "" && !strings.ContainsAny(version, " \r\n\t;,@"), version)
		count, err := client.Workers(ctx, clusterName)
		checkResult(t, err, count >= 0, count)
		capacity, err := client.Capacity(ctx, clusterName)
		checkResult(t, err, min(capacity.Workers, capacity.Threads, capacity.Memory) >= 0, capacity)
		scaling, err := client.Scale(ctx, clusterName, 1)
		checkResult(t, err, len(scaling.Message) < 2000 && !strings.ContainsFunc(scaling.Message, func(r rune) bool { return !unicode.IsPrint(r) }), scaling.Message)
		checkResult(t, client.Health(ctx), true, nil)
	})
}

// checkResult fails the test if the client accepted an invalid response.
func checkResult(t *testing.T, err error, isValid bool, value any) {
	t.Helper()
	switch {
	case err != nil:
		scripted.ExpectPrintable(t, err)
	case !isValid:
		t.Errorf("the client accepted %#v", value)
	}
}
