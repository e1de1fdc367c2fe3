// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const (
	server       = "/hub/api/users/alice/servers/gpu"
	startServer  = "POST " + server
	stopServer   = "DELETE " + server
	progressOf   = "GET " + server + "/progress"
	defaultStart = "POST /hub/api/users/alice/server"
	root         = "GET /hub/api/"
)

// withServers is alice with these servers, as JSON members.
func withServers(members string) reply {
	return ok(`{"kind": "user", "name": "alice", "servers": {` + members + `}}`)
}

// gpu is the server in a state; pending is written as it is, null or quoted.
func gpu(ready bool, pending string) reply {
	return withServers(fmt.Sprintf(`"gpu": {"name": "gpu", "url": "/user/alice/gpu/", "ready": %t, "pending": %s, "started": "2026-11-23T08:00:01.5Z", "user_options": {"profile": "gpu"}}`, ready, pending))
}

func events(lines ...string) reply {
	text := ""
	for _, line := range lines {
		text += "data: " + line + "\n\n"
	}
	return reply{Status: http.StatusOK, ContentType: "text/event-stream", Body: text}
}

var (
	noServers  = withServers("")
	starting   = gpu(false, `"spawn"`)
	stopping   = gpu(true, `"stop"`)
	isReady    = gpu(true, "null")
	accepted   = reply{Status: http.StatusAccepted, ContentType: "text/plain"}
	made       = reply{Status: http.StatusCreated, ContentType: "text/plain"}
	isRunning  = failing(http.StatusBadRequest, `"alice:gpu is already running"`)
	notStarted = failing(http.StatusBadRequest, `"alice:gpu is not starting..."`)
	badGateway = reply{Status: http.StatusBadGateway, ContentType: "text/html", Body: "<h1>502</h1>"}
	readyEvent = events(`{"progress": 0, "message": "Server requested"}`, `{"progress": 50, "message": "Spawning server..."}`, `{"progress": 100, "ready": true, "message": "Server ready at /user/alice/gpu/", "url": "/user/alice/gpu/"}`)
	failed     = events(`{"progress": 0, "message": "Server requested"}`, `{"progress": 100, "failed": true, "message": "Spawn failed: no node has room for it"}`)
)

func TestLaunch_sendsTheOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options map[string]any
		body    string
	}{
		"none":             {nil, `{"user_options":{}}`},
		"empty":            {map[string]any{}, `{"user_options":{}}`},
		"a profile":        {map[string]any{"profile": "gpu", "n": 2}, `{"n":2,"profile":"gpu"}`},
		"of the same name": {map[string]any{"display_name": "x"}, `{"user_options":{"display_name":"x"}}`},
	} {
		for request, server := range map[string]string{startServer: "gpu", defaultStart: ""} {
			t.Run(name+" "+server, func(t *testing.T) {
				t.Parallel()
				s, client, _ := newScripted(t)
				s.On(user, noServers)
				s.On(root, ok(`{"version": "6.1.1"}`))
				s.On(request, reply{Status: http.StatusAccepted, Request: func(_ *http.Request, body string) {
					if body != test.body {
						t.Errorf("sent %s, want %s", body, test.body)
					}
				}})
				if err := client.Launch(t.Context(), "alice", server, test.options); err != nil {
					t.Error(err)
				}
				if asked := s.Count(root); asked != map[bool]int{true: 1}[strings.Contains(test.body, "user_options")] {
					t.Errorf("the version was asked for %d times", asked)
				}
			})
		}
	}
}

// TestLaunch_onOldHubs: the body is the options and nothing else, an empty one
// included.
func TestLaunch_onOldHubs(t *testing.T) {
	t.Parallel()
	for _, options := range []map[string]any{nil, {"display_name": "x"}} {
		s, client, _ := newScripted(t)
		s.On(user, noServers)
		s.On(root, ok(`{"version": "5.5.4"}`))
		s.On(startServer, reply{Status: http.StatusCreated, Request: func(_ *http.Request, body string) {
			if want := map[bool]string{true: `{}`, false: `{"display_name":"x"}`}[options == nil]; body != want {
				t.Errorf("sent %s, want %s", body, want)
			}
		}})
		if err := client.Launch(t.Context(), "alice", "gpu", options); err != nil {
			t.Error(err)
		}
	}
}

func TestLaunch_startsOneServer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seen  []reply
		posts []reply
		// says is a part of the error; "" for none.
		says string
		want int
	}{
		"202":                           {[]reply{noServers}, []reply{accepted}, "", 1},
		"201":                           {[]reply{noServers}, []reply{made}, "", 1},
		"runs already":                  {[]reply{isReady}, nil, "the server gpu of alice runs already", 0},
		"starts already":                {[]reply{starting}, nil, "is pending spawn", 0},
		"stops":                         {[]reply{stopping, stopping, noServers}, []reply{accepted}, "", 1},
		"stops, and runs after all":     {[]reply{stopping, isReady}, nil, "the server gpu of alice runs already", 0},
		"stops, and cannot be seen":     {[]reply{stopping, failing(404, "null")}, nil, "404", 0},
		"somebody was faster":           {[]reply{noServers}, []reply{isRunning}, "is already running", 1},
		"the answer is lost":            {[]reply{noServers, starting}, []reply{lost}, "", 1},
		"a proxy lost it":               {[]reply{noServers, isReady}, []reply{badGateway}, "", 1},
		"it never arrived":              {[]reply{noServers, noServers, noServers, starting}, []reply{lost, accepted}, "", 2},
		"lost, then there":              {[]reply{noServers}, []reply{lost, isRunning}, "", 2},
		"never":                         {[]reply{noServers}, []reply{lost}, "got no answer", 3},
		"no more servers of this name":  {[]reply{noServers}, []reply{failing(400, `"User alice already has the maximum of 1 named servers."`)}, "the maximum of 1 named servers", 1},
		"the hook's own refusal":        {[]reply{noServers}, []reply{failing(409, `"quota reached"`)}, "quota reached", 1},
		"the start fails at once":       {[]reply{noServers}, []reply{failing(500, `"Internal Server Error"`)}, "the server gpu of alice did not start: no node has room for it", 1},
		"servers that cannot be seen":   {[]reply{ok(`{"kind": "user", "name": "alice"}`)}, nil, "lacks the scope read:servers", 0},
		"a user that cannot be seen":    {[]reply{failing(404, "null")}, nil, "404", 0},
		"too many that start right now": {[]reply{noServers}, []reply{failing(429, `"Too many users trying to log in right now."`)}, "Too many users", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, _ := newScripted(t)
			s.On(user, test.seen...)
			s.On(startServer, test.posts...)
			s.On(root, ok(`{"version": "6.1.1"}`))
			s.On(progressOf, failed)
			err := client.Launch(t.Context(), "alice", "gpu", nil)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
			if got := s.Count(startServer); got != test.want {
				t.Errorf("%d POSTs, want %d: %q", got, test.want, s.Requests())
			}
		})
	}
}

// TestLaunch_afterCtrlC presses it while the Hub holds back its answer.
func TestLaunch_afterCtrlC(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		seen reply
		want error
	}{
		"the server starts": {starting, nil},
		"nothing has begun": {noServers, context.Canceled},
		"the Hub is down":   {badGateway, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, _ := newScripted(t)
			ctx, cancel := context.WithCancel(t.Context())
			hang := make(chan struct{})
			t.Cleanup(func() { close(hang) })
			s.On(user, noServers, test.seen)
			s.On(startServer, scripted.After(lost, func() { cancel(); <-hang }))
			if err := client.Launch(ctx, "alice", "gpu", map[string]any{"profile": "gpu"}); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if got := s.Count(startServer); got != 1 {
				t.Errorf("%d POSTs: %q", got, s.Requests())
			}
		})
	}
}

func TestAwaitServer_followsTheStream(t *testing.T) {
	t.Parallel()
	silent := events(`{"progress": 0, "message": "Server requested"}`)
	for name, test := range map[string]struct {
		streams []reply
		seen    []reply
		heard   []string
		says    string
		asked   int
	}{
		"ready":                    {[]reply{readyEvent}, []reply{isReady}, []string{"Server requested", "Spawning server..."}, "", 1},
		"ready, but not quite":     {[]reply{readyEvent}, []reply{starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 2},
		"fails":                    {[]reply{failed}, []reply{noServers}, []string{"Server requested"}, "did not start: no node has room for it", 1},
		"an earlier start failed":  {[]reply{failed, readyEvent}, []reply{starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 2},
		"cut off":                  {[]reply{silent, silent, readyEvent}, []reply{starting, starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 3},
		"cut off, then it failed":  {[]reply{silent, failed}, []reply{noServers}, []string{"Server requested"}, "no node has room for it", 2},
		"no stream":                {[]reply{failing(404, "null")}, []reply{starting, starting, isReady}, nil, "", 1},
		"a page in its place":      {[]reply{{Status: 200, ContentType: "text/html", Body: "<h1>Hub</h1>"}}, []reply{starting, isReady}, nil, "", 1},
		"not starting yet":         {[]reply{notStarted, readyEvent}, []reply{starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 2},
		"gone for a moment":        {[]reply{silent, readyEvent}, []reply{noServers, starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 2},
		"gone without a word":      {[]reply{silent, notStarted}, []reply{noServers}, []string{"Server requested"}, "the server gpu of alice did not start", 2},
		"the Hub is down a while":  {[]reply{silent, badGateway, readyEvent}, []reply{badGateway, badGateway, isReady}, []string{"Server requested", "Spawning server..."}, "", 3},
		"no event at all":          {[]reply{events("nonsense"), readyEvent}, []reply{starting, isReady}, []string{"Server requested", "Spawning server..."}, "", 2},
		"the token was taken away": {[]reply{failing(403, `"Missing or invalid credentials."`)}, []reply{failing(403, `"Missing or invalid credentials."`)}, nil, "Missing or invalid credentials", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, _ := newScripted(t)
			s.On(progressOf, test.streams...)
			s.On(user, test.seen...)
			var heard []string
			got, err := client.AwaitServer(t.Context(), "alice", "gpu", func(message string) { heard = append(heard, message) })
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
			if err == nil && (!got.Ready || got.URL != "/user/alice/gpu/" || got.Started.IsZero()) {
				t.Errorf("got %+v", got)
			}
			var spawn *hub.SpawnError
			if errors.As(err, &spawn) && !slices.Equal(spawn.Messages, heard) {
				t.Errorf("the error has the messages %q", spawn.Messages)
			}
			if !slices.Equal(heard, test.heard) || s.Count(progressOf) != test.asked {
				t.Errorf("heard %q in %d streams, want %q in %d", heard, s.Count(progressOf), test.heard, test.asked)
			}
		})
	}
}

func TestAwaitServer_endsWithItsContext(t *testing.T) {
	t.Parallel()
	s, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.On(progressOf, scripted.After(notStarted, cancel))
	s.On(user, starting)
	if _, err := client.AwaitServer(ctx, "alice", "gpu", func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStopServer_isSure(t *testing.T) {
	t.Parallel()
	gone := failing(http.StatusNotFound, `"alice has no server named 'gpu'"`)
	pendingSpawn := failing(http.StatusBadRequest, `"alice:gpu is pending spawn, please wait"`)
	for name, test := range map[string]struct {
		remove  bool
		deletes []reply
		seen    []reply
		says    string
		want    int
	}{
		"at once":                  {false, []reply{noContent}, []reply{noServers}, "", 1},
		"slowly":                   {false, []reply{accepted}, []reply{stopping, stopping, noServers}, "", 1},
		"while it starts":          {false, []reply{accepted}, []reply{starting, noServers}, "", 1},
		"an old Hub, starting":     {false, []reply{pendingSpawn, noContent}, []reply{starting, starting, isReady, noServers}, "", 2},
		"an old Hub, that failed":  {false, []reply{pendingSpawn}, []reply{starting, noServers}, "", 1},
		"an old Hub, to be gone":   {true, []reply{pendingSpawn, noContent}, []reply{starting, noServers}, "", 2},
		"refused for good":         {true, []reply{failing(http.StatusBadRequest, `"Cannot delete the default server"`)}, nil, "Cannot delete", 1},
		"the request was lost":     {false, []reply{badGateway, noContent}, []reply{isReady, noServers}, "", 2},
		"the answer was lost":      {false, []reply{badGateway}, []reply{noServers}, "", 1},
		"lost, and to be removed":  {true, []reply{badGateway, noContent}, []reply{noServers}, "", 2},
		"started again meanwhile":  {false, []reply{noContent}, []reply{isReady, noServers}, "", 2},
		"forgotten":                {true, []reply{gone}, []reply{noServers}, "", 1},
		"may not":                  {false, []reply{failing(403, `"Action is not authorized with current scopes; requires any of [delete:servers]"`)}, nil, "delete:servers", 1},
		"the Hub is down":          {false, []reply{badGateway}, []reply{badGateway}, "502", 1},
		"a proxy's 404, not ended": {false, []reply{{Status: 404, ContentType: "text/plain", Body: "Not Found"}}, nil, "404", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, _ := newScripted(t)
			for i := range test.deletes {
				test.deletes[i].Request = func(_ *http.Request, body string) {
					if want := map[bool]string{true: `{"remove":true}`}[test.remove]; body != want {
						t.Errorf("sent %s", body)
					}
				}
			}
			s.On(stopServer, test.deletes...)
			s.On(user, test.seen...)
			err := client.StopServer(t.Context(), "alice", "gpu", test.remove)
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
			if got := s.Count(stopServer); got != test.want {
				t.Errorf("%d DELETEs, want %d", got, test.want)
			}
		})
	}
}

// TestStopServer_waitsBetweenDeletes removes a server that is not active while every
// DELETE fails with a transient error, without a retry in the transport.
func TestStopServer_waitsBetweenDeletes(t *testing.T) {
	t.Parallel()
	s, client, fake := newScripted(t)
	s.On(stopServer, reply{Status: http.StatusServiceUnavailable})
	s.On(user, noServers)
	err := client.StopServer(t.Context(), "alice", "gpu", true)
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want the 503", err)
	}
	if sent := s.Count(stopServer); sent > 70 {
		t.Errorf("sent %d DELETEs", sent)
	}
	if took := fake.Now().Sub(start); took < 2*time.Minute || took > 3*time.Minute {
		t.Errorf("gave up after %s, want two minutes", took)
	}
}

func TestStopServer_toleratesAnOutageOfTwoMinutes(t *testing.T) {
	t.Parallel()
	unavailable := reply{Status: http.StatusServiceUnavailable}
	for name, remove := range map[string]bool{"stop": false, "remove": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client, fake := newScripted(t)
			s.On(stopServer, noContent)
			down := slices.Repeat([]reply{unavailable}, 20)
			s.On(user, append(append([]reply{stopping}, down...), append(append([]reply{stopping}, down...), noServers)...)...)
			if err := client.StopServer(t.Context(), "alice", "gpu", remove); err != nil {
				t.Error(err)
			}
			if took := fake.Now().Sub(start); took < 40*time.Second {
				t.Errorf("the outage lasted only %s", took)
			}
		})
	}
}
