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
	health   = "GET /health"
	counts   = "GET /json/counts.json"
	identity = "GET /json/identity.json"
)

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// endingClock is a fake one at which the context's deadline comes after a time.
type endingClock struct {
	*clock.Fake
	end time.Time
}

func endingAfter(d time.Duration) *endingClock {
	return &endingClock{Fake: clock.NewFake(start), end: start.Add(d)}
}

func (c *endingClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.Now().Add(d).After(c.end) {
		c.Advance(c.end.Sub(c.Now()))
		return context.DeadlineExceeded
	}
	return c.Fake.Sleep(ctx, d)
}

func newClient(t *testing.T, base *url.URL, c clock.Clock) *scheduler.Client {
	t.Helper()
	sender, err := transport.New(transport.Config{BaseURL: base, NoProxy: true, Auth: transport.TokenAuth(secret.New("sesame"))})
	if err != nil {
		t.Fatal(err)
	}
	return scheduler.New(scheduler.Config{Transport: sender, Clock: c})
}

func startScheduler(t *testing.T, c clock.Clock) (*scripted.Server, *scheduler.Client) {
	t.Helper()
	server := scripted.New(t, "/dask")
	server.On(health, fine)
	return server, newClient(t, server.Base, c)
}

func ok(body string) scripted.Reply {
	return scripted.Reply{Status: http.StatusOK, ContentType: "application/json; charset=UTF-8", Body: body}
}

var (
	fine = scripted.Reply{
		Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: "ok",
	}
	itself = ok(`{"type": "Scheduler", "id": "Scheduler-1", "address": "tls://10.0.0.4:8786", "services": {"dashboard": 8787}, ` +
		`"started": 1795459938.25, "n_workers": 2, "total_threads": 8, "total_memory": 17179869184, "workers": {}}`)
)

func have(workers int) scripted.Reply {
	return ok(fmt.Sprintf(`{"bytes": 0, "clients": 1, "cores": 8, "workers": %d, "desired_workers": 9}`, workers))
}

func TestAwait_asksUntilTheWorkersAreThere(t *testing.T) {
	t.Parallel()
	fake := clock.NewFake(start)
	server, client := startScheduler(t, fake)
	server.On(counts, have(0), have(1), have(1), have(2))
	server.On(identity, itself)
	var told []string
	got, err := client.Await(t.Context(), 2, func(step scheduler.Step, status scheduler.Status) {
		told = append(told, fmt.Sprintf("%s %d", step, status.Workers))
	})
	want := scheduler.Status{
		Address: "tls://10.0.0.4:8786", Started: time.Date(2026, 11, 23, 18, 52, 18, 250000000, time.UTC),
		Workers: 2, Threads: 8, Memory: 17179869184,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	server.Expect(t, health, counts, identity, health, counts, identity, health, counts, identity, health, counts, identity)
	if want := []string{"workers 0", "workers 1", "workers 2"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if sleeps := fake.Sleeps(); len(sleeps) != 3 || sleeps[0] != 250*time.Millisecond || sleeps[1] <= sleeps[0] {
		t.Errorf("slept %v", sleeps)
	}
}

func TestAwait_sendsNoCredentials(t *testing.T) {
	t.Parallel()
	server, client := startScheduler(t, clock.NewFake(start))
	bare := func(p scripted.Reply) scripted.Reply {
		p.Request = func(r *http.Request, _ string) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
				t.Errorf("%s has credentials", r.URL)
			}
		}
		return p
	}
	server.On(health, bare(fine))
	server.On(counts, bare(have(0)))
	server.On(identity, bare(itself))
	if _, err := client.Await(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

func TestAwait_bearsWhatBoots(t *testing.T) {
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
			fake := clock.NewFake(start)
			server, client := startScheduler(t, fake)
			server.On(health, append(slices.Clone(faults), fine)...)
			server.On(counts, append(slices.Clone(faults), have(1))...)
			server.On(identity, append(slices.Clone(faults), itself)...)
			if _, err := client.Await(t.Context(), 1, nil); err != nil {
				t.Error(err)
			}
			// net/http itself repeats a GET on a connection that it had kept.
			if got := len(fake.Sleeps()); got != 3*len(faults) && !faults[0].Drop || got == 0 {
				t.Errorf("slept %d times, want %d", got, 3*len(faults))
			}
		})
	}
}

func TestAwait_refusesAnythingElse(t *testing.T) {
	t.Parallel()
	page := scripted.Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<html><h1>Sign in</h1></html>"}
	for name, test := range map[string]struct {
		request string
		reply   scripted.Reply
		words   string
	}{
		"a page for the health":    {health, page, "a Dask scheduler says ok here, not"},
		"a page for the counts":    {counts, page, "Sign in"},
		"counts without workers":   {counts, ok(`{"bytes": 0}`), "counts no workers"},
		"counts in words":          {counts, ok(`{"workers": "two"}`), "got a JSON string in workers"},
		"a fraction of a worker":   {counts, ok(`{"workers": 1.5}`), "workers"},
		"less than no worker":      {counts, ok(`{"workers": -1}`), "counts -1 workers"},
		"no address":               {identity, ok(`{"type": "Scheduler", "started": 1}`), "which is none"},
		"less than no memory":      {identity, ok(`{"type": "Scheduler", "address": "tls://h:1", "total_memory": -1}`), "less than nothing"},
		"a start in no year":       {identity, ok(`{"type": "Scheduler", "address": "tls://h:1", "started": 1e300}`), "which is no time"},
		"the identity of a worker": {identity, ok(`{"type": "Worker"}`), `is about a "Worker"`},
		"no identity":              {identity, ok(`{}`), `is about a ""`},
		"a closed door":            {health, scripted.Reply{Status: http.StatusForbidden}, "403"},
		"a door with a bell":       {health, scripted.Reply{Status: http.StatusUnauthorized}, "401"},
		"another place":            {health, scripted.Reply{Status: http.StatusFound}, "302"},
		"the port of the clients":  {health, scripted.Reply{Handle: scripted.Raw(":\x00\x00\x00\x83\xabcompression\xc0")}, "malformed HTTP response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(start)
			server, client := startScheduler(t, fake)
			server.On(counts, have(0))
			server.On(identity, itself)
			server.On(test.request, test.reply)
			_, err := client.Await(t.Context(), 0, nil)
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Errorf("got %v, want %q", err, test.words)
			}
			if len(fake.Sleeps()) != 0 {
				t.Error("it waited for what will not change")
			}
		})
	}
}

func TestAwait_saysWhereItHung(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	at := func(address string) *url.URL {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return base
	}
	workers, slow := scripted.New(t, "/dask"), scripted.New(t, "/dask")
	workers.On(health, fine)
	workers.On(counts, have(1))
	workers.On(identity, itself)
	slow.On(health, scripted.Reply{Status: http.StatusBadGateway})
	behind, err := transport.New(transport.Config{BaseURL: at("http://scheduler.example:8787"), Proxy: at(closed.URL)})
	if err != nil {
		t.Fatal(err)
	}
	direct := func(base *url.URL) *transport.Client {
		client, err := transport.New(transport.Config{BaseURL: base, NoProxy: true})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	for name, test := range map[string]struct {
		sender *transport.Client
		step   scheduler.Step
		words  string
	}{
		"a name without address": {direct(at("http://scheduler.invalid:8787")), scheduler.StepName, "name had no address after 30s"},
		"a closed port":          {direct(at(closed.URL)), scheduler.StepConnect, "no connection to the scheduler was made within 30s: "},
		"a proxy that is down":   {behind, scheduler.StepConnect, "could not be reached"},
		"a proxy before nothing": {direct(slow.Base), scheduler.StepHealth, "not healthy after 30s: GET /dask/health"},
		"missing workers":        {direct(workers.Base), scheduler.StepWorkers, "1 of 3 workers had joined after 30s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limited := endingAfter(30 * time.Second)
			_, err := scheduler.New(scheduler.Config{Transport: test.sender, Clock: limited}).Await(t.Context(), 3, nil)
			late, ok := errors.AsType[*scheduler.TimeoutError](err)
			if !ok || late.Step != test.step || late.Waited != 30*time.Second || late.Want != 3 || !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %#v", err)
			}
			if !strings.Contains(err.Error(), test.words) {
				t.Errorf("%q does not say %q", err, test.words)
			}
			for _, pause := range limited.Sleeps() {
				if pause > 5*time.Second {
					t.Errorf("it slept %s", pause)
				}
			}
		})
	}
}

// The last thing seen counts, also when the deadline comes in the midst of a
// request.
func TestAwait_keepsWhatItSaw(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, client := startScheduler(t, clock.NewFake(start))
	server.On(counts, have(1), scripted.After(have(1), cancel))
	server.On(identity, itself)
	status, err := client.Await(ctx, 2, nil)
	if !errors.Is(err, context.Canceled) || status.Workers != 1 {
		t.Errorf("got %+v, %v", status, err)
	}
}

func TestAwait_doesNotWaitLongForACertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(start)
	_, err = newClient(t, base, fake).Await(t.Context(), 0, nil)
	if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Kind != transport.KindTLS {
		t.Fatalf("got %v", err)
	}
	if waited := fake.Now().Sub(start); waited < time.Minute || waited > 2*time.Minute {
		t.Errorf("it waited %s", waited)
	}
}
