// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/scheduler"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	healthPath   = "GET /health"
	countsPath   = "GET /json/counts.json"
	identityPath = "GET /json/identity.json"
)

var startTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// deadlineClock is a fake clock on which the context's deadline passes at end.
type deadlineClock struct {
	*clock.Fake
	end time.Time
}

func clockWithDeadline(d time.Duration) *deadlineClock {
	return &deadlineClock{Fake: clock.NewFake(startTime), end: startTime.Add(d)}
}

func (c *deadlineClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.Now().Add(d).After(c.end) {
		c.Advance(c.end.Sub(c.Now()))
		return context.DeadlineExceeded
	}
	return c.Fake.Sleep(ctx, d)
}

func newClient(t *testing.T, base *url.URL, c clock.Clock) *scheduler.Client {
	t.Helper()
	sender, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true, Auth: transport.TokenAuth(secret.New("sesame"))})
	if err != nil {
		t.Fatal(err)
	}
	return scheduler.New(scheduler.Config{Transport: sender, Clock: c})
}

func startScheduler(t *testing.T, c clock.Clock) (*scripted.Server, *scheduler.Client) {
	t.Helper()
	server := scripted.New(t, "/dask")
	server.On(healthPath, healthyReply)
	return server, newClient(t, server.Base, c)
}

func jsonReply(body string) scripted.Reply {
	return scripted.Reply{Status: http.StatusOK, ContentType: "application/json; charset=UTF-8", Body: body}
}

var (
	healthyReply = scripted.Reply{
		Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: "ok",
	}
	schedulerIdentity = jsonReply(`{"type": "Scheduler", "id": "Scheduler-1", "address": "tls://10.0.0.4:8786", "services": {"dashboard": 8787}, ` +
		`"started": 1795459938.25, "n_workers": 2, "total_threads": 8, "total_memory": 17179869184, "workers": {}}`)
)

func workerCounts(workers int) scripted.Reply {
	return jsonReply(fmt.Sprintf(`{"bytes": 0, "clients": 1, "cores": 8, "workers": %d, "desired_workers": 9}`, workers))
}

func TestAwait_waitsForWorkers(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(startTime)
	server, client := startScheduler(t, fake)
	server.On(countsPath, workerCounts(0), workerCounts(1), workerCounts(1), workerCounts(2))
	server.On(identityPath, schedulerIdentity)
	var reported []string
	got, err := client.Await(t.Context(), 2, func(step scheduler.Step, status scheduler.Status) {
		reported = append(reported, fmt.Sprintf("%s %d", step, status.Workers))
	})
	want := scheduler.Status{
		Address: "tls://10.0.0.4:8786", Started: time.Date(2026, 11, 23, 18, 52, 18, 250000000, time.UTC),
		Workers: 2, Threads: 8, Memory: 17179869184,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	server.Expect(t, healthPath, countsPath, identityPath, healthPath, countsPath, identityPath, healthPath, countsPath, identityPath, healthPath, countsPath, identityPath)
	if want := []string{"workers 0", "workers 1", "workers 2"}; !slices.Equal(reported, want) {
		t.Errorf("reported %q, want %q", reported, want)
	}
	if sleeps := fake.Sleeps(); len(sleeps) != 3 || sleeps[0] != 250*time.Millisecond || sleeps[1] <= sleeps[0] {
		t.Errorf("paused %v", sleeps)
	}
}

func TestAwait_sendsNoCredentials(t *testing.T) {
	t.Parallel()
	server, client := startScheduler(t, clock.NewFake(startTime))
	withoutCredentials := func(p scripted.Reply) scripted.Reply {
		p.Request = func(r *http.Request, _ string) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
				t.Errorf("%s has credentials", r.URL)
			}
		}
		return p
	}
	server.On(healthPath, withoutCredentials(healthyReply))
	server.On(countsPath, withoutCredentials(workerCounts(0)))
	server.On(identityPath, withoutCredentials(schedulerIdentity))
	if _, err := client.Await(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

func TestAwait_toleratesABootingMachine(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]scripted.Reply{
		"a connection that breaks": {{Drop: true}, {Drop: true}},
		"no page yet":              {{Status: http.StatusNotFound}},
		"a proxy without server":   {{Status: http.StatusBadGateway}, {Status: http.StatusServiceUnavailable}, {Status: http.StatusGatewayTimeout}},
		"a crash":                  {{Status: http.StatusInternalServerError}},
		"a busy server":            {{Status: http.StatusTooManyRequests}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(startTime)
			server, client := startScheduler(t, fake)
			server.On(healthPath, append(slices.Clone(faults), healthyReply)...)
			server.On(countsPath, append(slices.Clone(faults), workerCounts(1))...)
			server.On(identityPath, append(slices.Clone(faults), schedulerIdentity)...)
			if _, err := client.Await(t.Context(), 1, nil); err != nil {
				t.Error(err)
			}
			// net/http itself retries a GET on a reused connection.
			if got := len(fake.Sleeps()); got != 3*len(faults) && !faults[0].Drop || got == 0 {
				t.Errorf("paused %d times, want %d", got, 3*len(faults))
			}
		})
	}
}

func TestAwait_failsAtOnceOnOtherServers(t *testing.T) {
	t.Parallel()
	page := scripted.Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<html><h1>Sign in</h1></html>"}
	for name, test := range map[string]struct {
		request string
		reply   scripted.Reply
		message string
	}{
		"a page for the health":    {healthPath, page, "a Dask scheduler returns ok here, not"},
		"a page for the counts":    {countsPath, page, "Sign in"},
		"counts without workers":   {countsPath, jsonReply(`{"bytes": 0}`), "has no number of workers"},
		"counts as text":           {countsPath, jsonReply(`{"workers": "two"}`), "got a JSON string in workers"},
		"a fraction of a worker":   {countsPath, jsonReply(`{"workers": 1.5}`), "workers"},
		"less than no worker":      {countsPath, jsonReply(`{"workers": -1}`), "number of workers -1"},
		"no address":               {identityPath, jsonReply(`{"type": "Scheduler", "started": 1}`), "invalid address"},
		"less than no memory":      {identityPath, jsonReply(`{"type": "Scheduler", "address": "tls://h:1", "total_memory": -1}`), "negative number of threads or bytes"},
		"a start in no year":       {identityPath, jsonReply(`{"type": "Scheduler", "address": "tls://h:1", "started": 1e300}`), "invalid start time"},
		"the identity of a worker": {identityPath, jsonReply(`{"type": "Worker"}`), `describes a "Worker"`},
		"no identity":              {identityPath, jsonReply(`{}`), `describes a ""`},
		"forbidden":                {healthPath, scripted.Reply{Status: http.StatusForbidden}, "403"},
		"login required":           {healthPath, scripted.Reply{Status: http.StatusUnauthorized}, "401"},
		"a redirect":               {healthPath, scripted.Reply{Status: http.StatusFound}, "302"},
		"the port of the clients":  {healthPath, scripted.Reply{Handle: scripted.Raw(":\x00\x00\x00\x83\xabcompression\xc0")}, "malformed HTTP response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(startTime)
			server, client := startScheduler(t, fake)
			server.On(countsPath, workerCounts(0))
			server.On(identityPath, schedulerIdentity)
			server.On(test.request, test.reply)
			_, err := client.Await(t.Context(), 0, nil)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v, want %q", err, test.message)
			}
			if len(fake.Sleeps()) != 0 {
				t.Error("Await paused after a permanent error")
			}
		})
	}
}

func TestAwait_reportsTheStepThatTimedOut(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	parseURL := func(address string) *url.URL {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return base
	}
	workers, slow := scripted.New(t, "/dask"), scripted.New(t, "/dask")
	workers.On(healthPath, healthyReply)
	workers.On(countsPath, workerCounts(1))
	workers.On(identityPath, schedulerIdentity)
	slow.On(healthPath, scripted.Reply{Status: http.StatusBadGateway})
	proxied, err := transport.New(transport.Config{BaseURL: parseURL("http://scheduler.example:8787"), Proxy: parseURL(closed.URL)})
	if err != nil {
		t.Fatal(err)
	}
	direct := func(base *url.URL) *transport.Client {
		client, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	for name, test := range map[string]struct {
		sender  *transport.Client
		step    scheduler.Step
		message string
	}{
		"a name without address": {direct(parseURL("http://scheduler.invalid:8787")), scheduler.StepName, "name had no address after 30s"},
		"a closed port":          {direct(parseURL(closed.URL)), scheduler.StepConnect, "no connection to the scheduler was made within 30s: "},
		"a proxy that is down":   {proxied, scheduler.StepConnect, "could not be reached"},
		"a proxy before nothing": {direct(slow.Base), scheduler.StepHealth, "not healthy after 30s: GET /dask/health"},
		"missing workers":        {direct(workers.Base), scheduler.StepWorkers, "1 of 3 workers had joined after 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limited := clockWithDeadline(30 * time.Second)
			_, err := scheduler.New(scheduler.Config{Transport: test.sender, Clock: limited}).Await(t.Context(), 3, nil)
			late, ok := errors.AsType[*scheduler.TimeoutError](err)
			if !ok || late.Step != test.step || late.Waited != 30*time.Second || late.Want != 3 || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %#v", err)
			}
			if !strings.Contains(err.Error(), test.message) {
				t.Errorf("%q does not contain %q", err, test.message)
			}
			for _, pause := range limited.Sleeps() {
				if pause > 5*time.Second {
					t.Errorf("Await paused %s", pause)
				}
			}
		})
	}
}

// The status is returned although the context ends during the next request.
func TestAwait_returnsTheLastStatus(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, client := startScheduler(t, clock.NewFake(startTime))
	server.On(countsPath, workerCounts(1), scripted.After(workerCounts(1), cancel))
	server.On(identityPath, schedulerIdentity)
	status, err := client.Await(ctx, 2, nil)
	if !errors.Is(err, context.Canceled) || status.Workers != 1 {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestAwait_toleratesTLSErrorsForAMinute(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(startTime)
	_, err = newClient(t, base, fake).Await(t.Context(), 0, nil)
	if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Kind != transport.KindTLS {
		t.Fatalf("got %v", err)
	}
	if waited := fake.Now().Sub(startTime); waited < time.Minute || waited > 2*time.Minute {
		t.Errorf("Await waited %s", waited)
	}
}
