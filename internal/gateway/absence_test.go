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

func TestGetOrConfirmAbsence_sendsOneRequestForAnActiveCluster(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"PENDING", "RUNNING", "STOPPING"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, clusterReply(status))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
			if err != nil || absence != nil || string(cluster.Status) != status {
				t.Errorf("got %+v, %v, %v", cluster, absence, err)
			}
			server.Expect(t, getRequest)
		})
	}
}

func TestGetOrConfirmAbsence_acceptsAFinalStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"STOPPED", "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, clusterReply(status))
			_, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
			if err != nil || absence == nil {
				t.Fatalf("got %v, %v", absence, err)
			}
			cluster, ended := absence.Ended()
			if !ended || string(cluster.Status) != status || !cluster.StopTime.Equal(startTime.Add(time.Minute)) {
				t.Errorf("ended %t as %+v", ended, cluster)
			}
			server.Expect(t, getRequest)
		})
	}
}

func TestGetOrConfirmAbsence_confirmsAbsence(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		list     serverReply
		earliest time.Duration
	}{
		"beside others":      {listReply(runningCluster(otherClusterName)), 4 * time.Second},
		"with an empty list": {emptyListReply, 8 * time.Second},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, notFoundReply)
			server.On(listRequest, test.list)
			server.On(longPollRequest, notFoundReply)
			_, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
			if err != nil || absence == nil {
				t.Fatalf("got %v, %v", absence, err)
			}
			if _, ended := absence.Ended(); ended {
				t.Error("the absence contains a status")
			}
			if waited := absence.ConfirmedAt().Sub(startTime); waited < test.earliest || waited > test.earliest+time.Second {
				t.Errorf("confirmed after %s", waited)
			}
			if n := server.Count(getRequest); n < 3 {
				t.Errorf("%d lookups", n)
			}
		})
	}
}

// A proxy may end requests before a Kubernetes gateway has answered the long poll.
func TestGetOrConfirmAbsence_confirmsAbsenceBehindAProxyTimeout(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		gets []serverReply
		gone bool
	}{
		"the cluster is gone":       {[]serverReply{notFoundReply}, true},
		"the cluster appears later": {[]serverReply{notFoundReply, notFoundReply, notFoundReply, notFoundReply, notFoundReply, clusterReply("RUNNING")}, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, test.gets...)
			server.On(listRequest, listReply(runningCluster(otherClusterName)))
			server.On(longPollRequest, textReply(504, "Gateway Timeout"))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
			if err != nil || (absence != nil) != test.gone {
				t.Fatalf("got %+v, %v, %v", cluster, absence, err)
			}
			if !test.gone {
				return
			}
			if waited := absence.ConfirmedAt().Sub(startTime); waited < 24*time.Second || waited > time.Minute {
				t.Errorf("confirmed after %s", waited)
			}
		})
	}
}

// After a restart a Kubernetes gateway's cache fills one cluster at a time.
func TestGetOrConfirmAbsence_findsAClusterThatReappears(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct{ gets, lists []serverReply }{
		"by name":     {[]serverReply{notFoundReply, notFoundReply, clusterReply("RUNNING")}, []serverReply{emptyListReply}},
		"in the list": {[]serverReply{notFoundReply}, []serverReply{emptyListReply, listReply(runningCluster(clusterName))}},
		"in a list that grew for a long time": {
			[]serverReply{notFoundReply},
			[]serverReply{emptyListReply, otherClustersReply(1), otherClustersReply(2), otherClustersReply(3), otherClustersReply(4), otherClustersReply(5), listReply(runningCluster(clusterName))},
		},
		"in the long poll": {[]serverReply{notFoundReply}, []serverReply{otherClustersReply(1)}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, test.gets...)
			server.On(listRequest, test.lists...)
			server.On(longPollRequest, clusterReply("RUNNING"))
			cluster, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
			if err != nil || absence != nil || cluster.Status != gateway.StatusRunning {
				t.Errorf("got %+v, %v, %v", cluster, absence, err)
			}
		})
	}
}

func TestGetOrConfirmAbsence_failsWhileTheListGrows(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(getRequest, notFoundReply)
	growing := make([]serverReply, 0, 100)
	for n := range 100 {
		growing = append(growing, otherClustersReply(n))
	}
	server.On(listRequest, growing...)
	_, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
	if err == nil || absence != nil {
		t.Errorf("got %v, %v", absence, err)
	}
	if waited := fake.Now().Sub(startTime); waited < time.Minute || waited > 2*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
}

// otherClustersReply lists n clusters other than clusterName.
func otherClustersReply(n int) serverReply {
	clusters := make([]string, 0, n)
	for i := range n {
		clusters = append(clusters, runningCluster(fmt.Sprintf("prod.%032x", i+10)))
	}
	return listReply(clusters...)
}

func TestGetOrConfirmAbsence_failsWithoutProof(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"the proxy's text 404":      proxyNotFoundReply,
		"the router's text 404":     textReply(404, "404: Not Found"),
		"an HTML 404":               {Status: 404, ContentType: "text/html", Body: "<html><title>404</title></html>"},
		"a JSON 404 of another API": errorReply(404, "Not Found"),
		"no permission":             errorReply(403, "User bob lacks permissions to view cluster "+clusterName),
		"a crash":                   crashReply,
		"a bad gateway":             badGatewayReply,
		"the Hub's 503 page":        {Status: 503, ContentType: "text/html", Body: "<html><h1>503 : Service Unavailable</h1></html>"},
		"a lost response":           lostReply,
		"a redirect":                {Status: 302},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			for _, replies := range [][]serverReply{{response}, {notFoundReply, response}, {notFoundReply, notFoundReply, response}} {
				server, client, _ := newScripted(t)
				server.On(getRequest, replies...)
				server.On(listRequest, listReply(runningCluster(otherClusterName)))
				_, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName)
				var failure *transport.Error
				if absence != nil || !errors.As(err, &failure) || gateway.IsNotFound(err) {
					t.Errorf("after %d 404s: %v, %v", len(replies)-1, absence, err)
				}
			}
			server, client, _ := newScripted(t)
			server.On(getRequest, notFoundReply)
			server.On(listRequest, listReply(runningCluster(otherClusterName)), response)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName); absence != nil || err == nil {
				t.Errorf("list response: %v, %v", absence, err)
			}
			server, client, _ = newScripted(t)
			server.On(getRequest, notFoundReply)
			server.On(listRequest, listReply(runningCluster(otherClusterName)))
			server.On(longPollRequest, response)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), clusterName); absence != nil || err == nil {
				t.Errorf("long poll response: %v, %v", absence, err)
			}
		})
	}
}

func TestGetOrConfirmAbsence_stopsWhenCancelled(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(getRequest, notFoundReply)
	server.On(listRequest, scripted.After(emptyListReply, cancel))
	if _, absence, err := client.GetOrConfirmAbsence(ctx, clusterName); absence != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", absence, err)
	}
}
