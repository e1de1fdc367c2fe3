// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// endingClock is a fake clock on which all contexts have the same deadline.
type endingClock struct {
	*clock.Fake
	end time.Time
}

func newEndingClock(after time.Duration) *endingClock {
	return &endingClock{Fake: clock.NewFake(startTime), end: startTime.Add(after)}
}

func (c *endingClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.Now().Add(d).After(c.end) {
		c.Advance(c.end.Sub(c.Now()))
		return context.DeadlineExceeded
	}
	return c.Fake.Sleep(ctx, d)
}

func TestAwaitRunning_sendsOneLongPoll(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(longPollRequest, clusterReply("RUNNING"))
	cluster, err := client.AwaitRunning(t.Context(), clusterName)
	if err != nil || cluster.Status != gateway.StatusRunning {
		t.Errorf("got %+v, %v", cluster, err)
	}
	server.Expect(t, longPollRequest)
	if sleeps := fake.Sleeps(); len(sleeps) != 0 {
		t.Errorf("slept %v", sleeps)
	}
}

func TestAwaitRunning_doesNotPauseBetweenLongPolls(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	held := scripted.After(clusterReply("PENDING"), func() { fake.Advance(20 * time.Second) })
	server.On(longPollRequest, held, held, held, clusterReply("RUNNING"))
	if _, err := client.AwaitRunning(t.Context(), clusterName); err != nil {
		t.Fatal(err)
	}
	server.Expect(t, longPollRequest, longPollRequest, longPollRequest, longPollRequest)
	if sleeps := fake.Sleeps(); len(sleeps) != 0 {
		t.Errorf("slept %v between long polls", sleeps)
	}
}

func TestAwaitRunning_limitsItsRequestRate(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(10 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(longPollRequest, clusterReply("PENDING"))
	_, err := client.AwaitRunning(t.Context(), clusterName)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || !errors.Is(err, context.DeadlineExceeded) || late.Last != gateway.StatusPending || late.Waited != 10*time.Minute {
		t.Errorf("got %v", err)
	}
	if n := server.Count(longPollRequest); n < 60 || n > 180 {
		t.Errorf("%d polls in ten minutes of immediate responses", n)
	}
}

// The proxy ends each long poll after four seconds.
func TestAwaitRunning_limitsItsRequestRateBehindAProxy(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(10 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(longPollRequest, scripted.After(clusterReply("PENDING"), func() { limited.Advance(4 * time.Second) }))
	if _, err := client.AwaitRunning(t.Context(), clusterName); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if n := server.Count(longPollRequest); n < 60 || n > 80 {
		t.Errorf("%d polls in ten minutes", n)
	}
}

func TestAwaitRunning_toleratesAbsenceOfANewCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(longPollRequest, notFoundReply, notFoundReply, proxyNotFoundReply, badGatewayReply, clusterReply("PENDING"), clusterReply("RUNNING"))
	cluster, err := client.AwaitRunning(t.Context(), clusterName)
	if err != nil || cluster.Status != gateway.StatusRunning {
		t.Errorf("got %+v, %v", cluster, err)
	}
}

func TestAwaitRunning_confirmsALaterAbsence(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		list  []serverReply
		polls []serverReply
		gone  bool
	}{
		"gone":               {[]serverReply{emptyListReply}, []serverReply{notFoundReply}, true},
		"a gateway restarts": {[]serverReply{emptyListReply, listReply(runningCluster(clusterName))}, []serverReply{notFoundReply, clusterReply("RUNNING")}, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			slow := scripted.After(clusterReply("PENDING"), func() { fake.Advance(20 * time.Second) })
			server.On(longPollRequest, append([]serverReply{slow, slow, slow, slow}, test.polls...)...)
			server.On(listRequest, test.list...)
			server.On(getRequest, notFoundReply)
			_, err := client.AwaitRunning(t.Context(), clusterName)
			if gateway.IsNotFound(err) != test.gone || !test.gone && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAwaitRunning_reportsHowTheClusterEnded(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(longPollRequest, clusterReply("STOPPING"))
	server.On(getRequest, clusterReply("STOPPING"), clusterReply("STOPPING"), clusterReply("FAILED"))
	_, err := client.AwaitRunning(t.Context(), clusterName)
	var ended *gateway.EndedError
	if !errors.As(err, &ended) || ended.Cluster.Status != gateway.StatusFailed || ended.Cluster.StopTime.IsZero() {
		t.Errorf("got %v", err)
	}
	server.Expect(t, longPollRequest, getRequest, getRequest, getRequest)
}

func TestAwaitRunning_stopsOnPermanentErrors(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"another user's cluster":  errorReply(403, "User bob lacks permissions to view cluster "+clusterName),
		"bad credentials":         errorReply(500, "Permission failure verifying user's JupyterHub API token"),
		"a redirect to the login": {Status: 302},
		"an HTML page":            {Status: 200, ContentType: "text/html", Body: "<html>"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(longPollRequest, response)
			if _, err := client.AwaitRunning(t.Context(), clusterName); err == nil {
				t.Error("no error")
			}
			server.Expect(t, longPollRequest)
		})
	}
}

func TestAwaitRunning_limitsTransientErrors(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(longPollRequest, badGatewayReply)
	_, err := client.AwaitRunning(t.Context(), clusterName)
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Status != 502 {
		t.Errorf("got %v", err)
	}
	if waited := fake.Now().Sub(startTime); waited < 2*time.Minute || waited > 3*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
}

func TestAwaitRunning_stopsWhenCancelled(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(longPollRequest, scripted.After(clusterReply("PENDING"), cancel))
	if _, err := client.AwaitRunning(ctx, clusterName); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAwaitStopped_waitsForAFinalStatus(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stopRequest, noContentReply)
	server.On(getRequest, clusterReply("STOPPING"), clusterReply("STOPPING"), clusterReply("STOPPED"))
	absence, err := client.AwaitStopped(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	if cluster, ended := absence.Ended(); !ended || cluster.Status != gateway.StatusStopped {
		t.Errorf("ended %t as %+v", ended, cluster)
	}
	server.Expect(t, stopRequest, getRequest, getRequest, getRequest)
}

// A gateway whose cache lacks the cluster answers 204 and stops nothing.
func TestAwaitStopped_repeatsDeleteWhenTheClusterAppears(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stopRequest, noContentReply)
	server.On(getRequest, notFoundReply, notFoundReply, clusterReply("RUNNING"), clusterReply("RUNNING"), clusterReply("STOPPED"))
	server.On(listRequest, emptyListReply, listReply(runningCluster(otherClusterName)), listReply(runningCluster(otherClusterName), runningCluster(clusterName)))
	absence, err := client.AwaitStopped(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := absence.Ended(); !ended {
		t.Error("a running cluster counts as absent")
	}
	if n := server.Count(stopRequest); n != 2 {
		t.Errorf("%d DELETEs, want 2: %q", n, server.Requests())
	}
}

// A Kubernetes gateway has no STOPPING status: the cluster stays RUNNING for a
// while.
func TestAwaitStopped_repeatsDeleteWhileTheClusterRuns(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(stopRequest, noContentReply)
	server.On(getRequest, slices.Repeat([]serverReply{clusterReply("RUNNING")}, 12)...)
	var second time.Time
	server.On(stopRequest, noContentReply, scripted.After(noContentReply, func() {
		if second.IsZero() {
			second = fake.Now()
			server.On(getRequest, clusterReply("STOPPED"))
		}
	}))
	if _, err := client.AwaitStopped(t.Context(), clusterName); err != nil {
		t.Fatal(err)
	}
	if waited := second.Sub(startTime); waited < 3*time.Second || waited > 8*time.Second {
		t.Errorf("stopped again after %s", waited)
	}
}

func TestAwaitStopped_confirmsAbsence(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(stopRequest, noContentReply)
	server.On(getRequest, notFoundReply)
	server.On(longPollRequest, notFoundReply)
	server.On(listRequest, listReply(runningCluster(otherClusterName)))
	absence, err := client.AwaitStopped(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := absence.Ended(); ended || absence.ConfirmedAt().Sub(startTime) < 4*time.Second {
		t.Errorf("confirmed after %s", absence.ConfirmedAt().Sub(startTime))
	}
	if n := server.Count(getRequest); n < 3 {
		t.Errorf("%d lookups", n)
	}
	if !absence.ConfirmedAt().Equal(fake.Now()) {
		t.Errorf("confirmed at %s, now it is %s", absence.ConfirmedAt(), fake.Now())
	}
}

func TestAwaitStopped_toleratesTransientErrors(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stopRequest, badGatewayReply, lostReply, crashReply, noContentReply)
	server.On(getRequest, badGatewayReply, proxyNotFoundReply, clusterReply("RUNNING"), clusterReply("STOPPING"), badGatewayReply, clusterReply("FAILED"))
	absence, err := client.AwaitStopped(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	if cluster, _ := absence.Ended(); cluster.Status != gateway.StatusFailed {
		t.Errorf("ended as %s", cluster.Status)
	}
	if n := server.Count(stopRequest); n != 4 {
		t.Errorf("%d DELETEs, want 4", n)
	}
}

func TestAwaitStopped_stopsOnPermanentErrors(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stopRequest, errorReply(403, "User bob lacks permissions to stop cluster "+clusterName))
	if _, err := client.AwaitStopped(t.Context(), clusterName); err == nil {
		t.Error("no error")
	}
	server.Expect(t, stopRequest)
}

func TestAwaitStopped_reportsTheLastStatus(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(5 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(stopRequest, noContentReply)
	server.On(getRequest, clusterReply("STOPPING"))
	_, err := client.AwaitStopped(t.Context(), clusterName)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || late.Last != gateway.StatusStopping || late.Waited != 5*time.Minute {
		t.Errorf("got %v", err)
	}
	if n := server.Count(stopRequest); n != 1 {
		t.Errorf("a cluster that is STOPPING was stopped %d times", n)
	}
}

func TestAwaitWorkers_reportsProgress(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(countsRequest, textReply(404, "404: Not Found"), badGatewayReply, jsonReply(`{"workers": 0}`), jsonReply(`{"workers": 1}`), jsonReply(`{"workers": 1}`), jsonReply(`{"workers": 4}`))
	server.On(getRequest, clusterReply("RUNNING"))
	var reported []int64
	err := client.AwaitWorkers(t.Context(), clusterName, 3, func(have int64) { reported = append(reported, have) })
	if err != nil || !slices.Equal(reported, []int64{0, 1}) {
		t.Errorf("reported %d, %v", reported, err)
	}
}

func TestAwaitWorkers_sendsOneRequestWhenComplete(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(countsRequest, jsonReply(`{"workers": 3}`))
	if err := client.AwaitWorkers(t.Context(), clusterName, 3, nil); err != nil {
		t.Error(err)
	}
	server.Expect(t, countsRequest)
}

func TestAwaitWorkers_detectsThatTheClusterEnded(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{"the dashboard still responds": jsonReply(`{"workers": 0}`), "the dashboard is gone": textReply(404, "404: Not Found")} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(countsRequest, response)
			server.On(getRequest, clusterReply("RUNNING"), clusterReply("STOPPING"), clusterReply("FAILED"))
			err := client.AwaitWorkers(t.Context(), clusterName, 3, nil)
			var ended *gateway.EndedError
			if !errors.As(err, &ended) || ended.Cluster.Status != gateway.StatusFailed {
				t.Errorf("got %v", err)
			}
			if waited := fake.Now().Sub(startTime); waited > 40*time.Second {
				t.Errorf("detected after %s", waited)
			}
		})
	}
}

func TestAwaitWorkers_reportsTheCount(t *testing.T) {
	t.Parallel()
	server, client := newScriptedWith(t, newEndingClock(time.Minute))
	server.On(countsRequest, jsonReply(`{"workers": 2}`))
	server.On(getRequest, clusterReply("RUNNING"))
	err := client.AwaitWorkers(t.Context(), clusterName, 3, nil)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || late.Have != 2 || late.Want != 3 || late.Waited != time.Minute {
		t.Errorf("got %+v", late)
	}
	if n := server.Count(getRequest); n < 3 || n > 7 {
		t.Errorf("the cluster was read %d times in a minute", n)
	}
}
