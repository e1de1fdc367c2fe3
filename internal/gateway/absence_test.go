// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestGetOrConfirmAbsence_oneRefreshIsOneRequest(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"PENDING", "RUNNING", "STOPPING"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, is(status))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
			if err != nil || absence != nil || string(cluster.Status) != status {
				t.Errorf("got %+v, %v, %v", cluster, absence, err)
			}
			server.Expect(t, get)
		})
	}
}

func TestGetOrConfirmAbsence_aFinalStatusIsAbsence(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"STOPPED", "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, is(status))
			_, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
			if err != nil || absence == nil {
				t.Fatalf("got %v, %v", absence, err)
			}
			cluster, ended := absence.Ended()
			if !ended || string(cluster.Status) != status || !cluster.StopTime.Equal(start.Add(time.Minute)) {
				t.Errorf("ended %t as %+v", ended, cluster)
			}
			server.Expect(t, get)
		})
	}
}

func TestGetOrConfirmAbsence_confirmsThatAClusterIsGone(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		list reply
		at   time.Duration
	}{
		"beside others":      {listing(running(other)), 4 * time.Second},
		"with an empty list": {empty, 8 * time.Second},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, missing)
			server.On(list, test.list)
			server.On(poll, missing)
			_, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
			if err != nil || absence == nil {
				t.Fatalf("got %v, %v", absence, err)
			}
			if _, ended := absence.Ended(); ended {
				t.Error("it has a status")
			}
			if waited := absence.ConfirmedAt().Sub(start); waited < test.at || waited > test.at+time.Second {
				t.Errorf("believed after %s", waited)
			}
			if n := server.Count(get); n < 3 {
				t.Errorf("%d looks", n)
			}
		})
	}
}

// A proxy may end requests before a Kubernetes gateway has answered ?wait.
func TestGetOrConfirmAbsence_confirmsBehindAnImpatientProxy(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		gets []reply
		gone bool
	}{
		"it is gone":     {[]reply{missing}, true},
		"it shows after": {[]reply{missing, missing, missing, missing, missing, is("RUNNING")}, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, test.gets...)
			server.On(list, listing(running(other)))
			server.On(poll, text(504, "Gateway Timeout"))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
			if err != nil || (absence != nil) != test.gone {
				t.Fatalf("got %+v, %v, %v", cluster, absence, err)
			}
			if !test.gone {
				return
			}
			if waited := absence.ConfirmedAt().Sub(start); waited < 24*time.Second || waited > time.Minute {
				t.Errorf("believed after %s", waited)
			}
		})
	}
}

// After a restart a Kubernetes gateway's cache fills one cluster at a time.
func TestGetOrConfirmAbsence_aClusterThatComesBackIsNotGone(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct{ gets, lists []reply }{
		"by name":     {[]reply{missing, missing, is("RUNNING")}, []reply{empty}},
		"in the list": {[]reply{missing}, []reply{empty, listing(running(name))}},
		"after a list that grew for long": {
			[]reply{missing},
			[]reply{empty, listOf(1), listOf(2), listOf(3), listOf(4), listOf(5), listing(running(name))},
		},
		"in the end, while the gateway holds the request": {[]reply{missing}, []reply{listOf(1)}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, test.gets...)
			server.On(list, test.lists...)
			server.On(poll, is("RUNNING"))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
			if err != nil || absence != nil || cluster.Status != gateway.StatusRunning {
				t.Errorf("got %+v, %v, %v", cluster, absence, err)
			}
		})
	}
}

func TestGetOrConfirmAbsence_aListThatKeepsGrowingProvesNothing(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(get, missing)
	growing := make([]reply, 0, 100)
	for n := range 100 {
		growing = append(growing, listOf(n))
	}
	server.On(list, growing...)
	_, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
	if err == nil || absence != nil {
		t.Errorf("got %v, %v", absence, err)
	}
	if waited := fake.Now().Sub(start); waited < time.Minute || waited > 2*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
}

// listOf has n clusters of others.
func listOf(n int) reply {
	clusters := make([]string, 0, n)
	for i := range n {
		clusters = append(clusters, running(fmt.Sprintf("prod.%032x", i+10)))
	}
	return listing(clusters...)
}

func TestGetOrConfirmAbsence_whatProvesNothingIsAnError(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"the proxy's text 404":      proxy404,
		"the router's text 404":     text(404, "404: Not Found"),
		"an HTML 404":               {Status: 404, ContentType: "text/html", Body: "<html><title>404</title></html>"},
		"a JSON 404 of another API": failing(404, "Not Found"),
		"no permission":             failing(403, "User bob lacks permissions to view cluster "+name),
		"a crash":                   crashed,
		"a bad gateway":             badGate,
		"the Hub's 503 page":        {Status: 503, ContentType: "text/html", Body: "<html><h1>503 : Service Unavailable</h1></html>"},
		"a lost answer":             lost,
		"a redirect":                {Status: 302},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			for _, script := range [][]reply{{answer}, {missing, answer}, {missing, missing, answer}} {
				server, client, _ := newScripted(t)
				server.On(get, script...)
				server.On(list, listing(running(other)))
				_, absence, err := client.GetOrConfirmAbsence(t.Context(), name)
				var failure *transport.Error
				if absence != nil || !errors.As(err, &failure) || gateway.IsNotFound(err) {
					t.Errorf("after %d 404s: %v, %v", len(script)-1, absence, err)
				}
			}
			server, client, _ := newScripted(t)
			server.On(get, missing)
			server.On(list, listing(running(other)), answer)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), name); absence != nil || err == nil {
				t.Errorf("as the list: %v, %v", absence, err)
			}
			server, client, _ = newScripted(t)
			server.On(get, missing)
			server.On(list, listing(running(other)))
			server.On(poll, answer)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), name); absence != nil || err == nil {
				t.Errorf("in the end: %v, %v", absence, err)
			}
		})
	}
}

func TestGetOrConfirmAbsence_isInterruptedWhileItConfirms(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(get, missing)
	server.On(list, scripted.After(empty, cancel))
	if _, absence, err := client.GetOrConfirmAbsence(ctx, name); absence != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", absence, err)
	}
}
