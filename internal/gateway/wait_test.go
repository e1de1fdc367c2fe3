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

// endingClock is a fake clock on which every context's deadline is the same.
type endingClock struct {
	*clock.Fake
	end time.Time
}

func newEndingClock(after time.Duration) *endingClock {
	return &endingClock{Fake: clock.NewFake(start), end: start.Add(after)}
}

func (c *endingClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.Now().Add(d).After(c.end) {
		c.Advance(c.end.Sub(c.Now()))
		return context.DeadlineExceeded
	}
	return c.Fake.Sleep(ctx, d)
}

func TestAwaitRunning_oneLongPollIsEnough(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(poll, is("RUNNING"))
	cluster, err := client.AwaitRunning(t.Context(), name)
	if err != nil || cluster.Status != gateway.StatusRunning {
		t.Errorf("got %+v, %v", cluster, err)
	}
	server.Expect(t, poll)
	if sleeps := fake.Sleeps(); len(sleeps) != 0 {
		t.Errorf("slept %v", sleeps)
	}
}

func TestAwaitRunning_pollsAgainAtOnceAfterALongPoll(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	held := scripted.After(is("PENDING"), func() { fake.Advance(20 * time.Second) })
	server.On(poll, held, held, held, is("RUNNING"))
	if _, err := client.AwaitRunning(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	server.Expect(t, poll, poll, poll, poll)
	if sleeps := fake.Sleeps(); len(sleeps) != 0 {
		t.Errorf("slept %v between long polls", sleeps)
	}
}

func TestAwaitRunning_doesNotHammer(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(10 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(poll, is("PENDING"))
	_, err := client.AwaitRunning(t.Context(), name)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || !errors.Is(err, context.DeadlineExceeded) || late.Last != gateway.StatusPending || late.Waited != 10*time.Minute {
		t.Errorf("got %v", err)
	}
	if n := server.Count(poll); n < 60 || n > 180 {
		t.Errorf("%d polls in ten minutes of answers that came back at once", n)
	}
}

// TestAwaitRunning_doesNotHammerAProxy that ends each long poll after four seconds.
func TestAwaitRunning_doesNotHammerAProxy(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(10 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(poll, scripted.After(is("PENDING"), func() { limited.Advance(4 * time.Second) }))
	if _, err := client.AwaitRunning(t.Context(), name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if n := server.Count(poll); n < 60 || n > 80 {
		t.Errorf("%d polls in ten minutes", n)
	}
}

func TestAwaitRunning_bearsAYoungClustersAbsence(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(poll, missing, missing, proxy404, badGate, is("PENDING"), is("RUNNING"))
	cluster, err := client.AwaitRunning(t.Context(), name)
	if err != nil || cluster.Status != gateway.StatusRunning {
		t.Errorf("got %+v, %v", cluster, err)
	}
}

func TestAwaitRunning_confirmsALaterAbsence(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		list  []reply
		polls []reply
		gone  bool
	}{
		"gone":               {[]reply{empty}, []reply{missing}, true},
		"a gateway restarts": {[]reply{empty, listing(running(name))}, []reply{missing, is("RUNNING")}, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			slow := scripted.After(is("PENDING"), func() { fake.Advance(20 * time.Second) })
			server.On(poll, append([]reply{slow, slow, slow, slow}, test.polls...)...)
			server.On(list, test.list...)
			server.On(get, missing)
			_, err := client.AwaitRunning(t.Context(), name)
			if gateway.IsNotFound(err) != test.gone || !test.gone && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAwaitRunning_tellsHowTheClusterEnded(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(poll, is("STOPPING"))
	server.On(get, is("STOPPING"), is("STOPPING"), is("FAILED"))
	_, err := client.AwaitRunning(t.Context(), name)
	var ended *gateway.EndedError
	if !errors.As(err, &ended) || ended.Cluster.Status != gateway.StatusFailed || ended.Cluster.StopTime.IsZero() {
		t.Errorf("got %v", err)
	}
	server.Expect(t, poll, get, get, get)
}

func TestAwaitRunning_endsOnWhatDoesNotPass(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"somebody else's cluster": failing(403, "User bob lacks permissions to view cluster "+name),
		"bad credentials":         failing(500, "Permission failure verifying user's JupyterHub API token"),
		"a redirect to the login": {Status: 302},
		"a page for an answer":    {Status: 200, ContentType: "text/html", Body: "<html>"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(poll, answer)
			if _, err := client.AwaitRunning(t.Context(), name); err == nil {
				t.Error("no error")
			}
			server.Expect(t, poll)
		})
	}
}

func TestAwaitRunning_losesPatienceWithFaults(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(poll, badGate)
	_, err := client.AwaitRunning(t.Context(), name)
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Status != 502 {
		t.Errorf("got %v", err)
	}
	if waited := fake.Now().Sub(start); waited < 2*time.Minute || waited > 3*time.Minute {
		t.Errorf("gave up after %s", waited)
	}
}

func TestAwaitRunning_isInterrupted(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(poll, scripted.After(is("PENDING"), cancel))
	if _, err := client.AwaitRunning(ctx, name); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAwaitStopped_untilTheEndIsReported(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stop, noContent)
	server.On(get, is("STOPPING"), is("STOPPING"), is("STOPPED"))
	absence, err := client.AwaitStopped(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if cluster, ended := absence.Ended(); !ended || cluster.Status != gateway.StatusStopped {
		t.Errorf("ended %t as %+v", ended, cluster)
	}
	server.Expect(t, stop, get, get, get)
}

// A gateway that has not cached the cluster answers 204 and stops nothing.
func TestAwaitStopped_stopsAgainAClusterThatTurnsUp(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stop, noContent)
	server.On(get, missing, missing, is("RUNNING"), is("RUNNING"), is("STOPPED"))
	server.On(list, empty, listing(running(other)), listing(running(other), running(name)))
	absence, err := client.AwaitStopped(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := absence.Ended(); !ended {
		t.Error("the absence was believed although the cluster ran")
	}
	if n := server.Count(stop); n != 2 {
		t.Errorf("%d DELETEs, want 2: %q", n, server.Requests())
	}
}

// Kubernetes has no STOPPING: a cluster goes on as RUNNING for a while.
func TestAwaitStopped_stopsAgainWhatRunsOn(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(stop, noContent)
	server.On(get, slices.Repeat([]reply{is("RUNNING")}, 12)...)
	var second time.Time
	server.On(stop, noContent, scripted.After(noContent, func() {
		if second.IsZero() {
			second = fake.Now()
			server.On(get, is("STOPPED"))
		}
	}))
	if _, err := client.AwaitStopped(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if waited := second.Sub(start); waited < 3*time.Second || waited > 8*time.Second {
		t.Errorf("stopped again after %s", waited)
	}
}

func TestAwaitStopped_believesOnlyAConfirmedAbsence(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(stop, noContent)
	server.On(get, missing)
	server.On(poll, missing)
	server.On(list, listing(running(other)))
	absence, err := client.AwaitStopped(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, ended := absence.Ended(); ended || absence.ConfirmedAt().Sub(start) < 4*time.Second {
		t.Errorf("believed after %s", absence.ConfirmedAt().Sub(start))
	}
	if n := server.Count(get); n < 3 {
		t.Errorf("%d looks", n)
	}
	if !absence.ConfirmedAt().Equal(fake.Now()) {
		t.Errorf("confirmed at %s, now it is %s", absence.ConfirmedAt(), fake.Now())
	}
}

func TestAwaitStopped_bearsFaults(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stop, badGate, lost, crashed, noContent)
	server.On(get, badGate, proxy404, is("RUNNING"), is("STOPPING"), badGate, is("FAILED"))
	absence, err := client.AwaitStopped(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if cluster, _ := absence.Ended(); cluster.Status != gateway.StatusFailed {
		t.Errorf("ended as %s", cluster.Status)
	}
	if n := server.Count(stop); n != 4 {
		t.Errorf("%d DELETEs, want 4", n)
	}
}

func TestAwaitStopped_endsOnWhatDoesNotPass(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(stop, failing(403, "User bob lacks permissions to stop cluster "+name))
	if _, err := client.AwaitStopped(t.Context(), name); err == nil {
		t.Error("no error")
	}
	server.Expect(t, stop)
}

func TestAwaitStopped_saysWhatItLastSaw(t *testing.T) {
	t.Parallel()
	limited := newEndingClock(5 * time.Minute)
	server, client := newScriptedWith(t, limited)
	server.On(stop, noContent)
	server.On(get, is("STOPPING"))
	_, err := client.AwaitStopped(t.Context(), name)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || late.Last != gateway.StatusStopping || late.Waited != 5*time.Minute {
		t.Errorf("got %v", err)
	}
	if n := server.Count(stop); n != 1 {
		t.Errorf("a cluster that is STOPPING was stopped %d times", n)
	}
}

func TestAwaitWorkers(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(counts, text(404, "404: Not Found"), badGate, ok(`{"workers": 0}`), ok(`{"workers": 1}`), ok(`{"workers": 1}`), ok(`{"workers": 4}`))
	server.On(get, is("RUNNING"))
	var told []int64
	err := client.AwaitWorkers(t.Context(), name, 3, func(have int64) { told = append(told, have) })
	if err != nil || !slices.Equal(told, []int64{0, 1}) {
		t.Errorf("told %d, %v", told, err)
	}
}

func TestAwaitWorkers_needsOneRequestWhenTheyAreThere(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(counts, ok(`{"workers": 3}`))
	if err := client.AwaitWorkers(t.Context(), name, 3, nil); err != nil {
		t.Error(err)
	}
	server.Expect(t, counts)
}

func TestAwaitWorkers_noticesTheClustersEnd(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{"the dashboard still answers": ok(`{"workers": 0}`), "the dashboard is gone": text(404, "404: Not Found")} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(counts, answer)
			server.On(get, is("RUNNING"), is("STOPPING"), is("FAILED"))
			err := client.AwaitWorkers(t.Context(), name, 3, nil)
			var ended *gateway.EndedError
			if !errors.As(err, &ended) || ended.Cluster.Status != gateway.StatusFailed {
				t.Errorf("got %v", err)
			}
			if waited := fake.Now().Sub(start); waited > 40*time.Second {
				t.Errorf("noticed after %s", waited)
			}
		})
	}
}

func TestAwaitWorkers_saysHowManyThereAre(t *testing.T) {
	t.Parallel()
	server, client := newScriptedWith(t, newEndingClock(time.Minute))
	server.On(counts, ok(`{"workers": 2}`))
	server.On(get, is("RUNNING"))
	err := client.AwaitWorkers(t.Context(), name, 3, nil)
	var late *gateway.TimeoutError
	if !errors.As(err, &late) || late.Have != 2 || late.Want != 3 || late.Waited != time.Minute {
		t.Errorf("got %+v", late)
	}
	if n := server.Count(get); n < 3 || n > 7 {
		t.Errorf("the cluster was read %d times in a minute", n)
	}
}
