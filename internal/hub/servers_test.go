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

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const (
	gpuPath           = "/hub/api/users/alice/servers/gpu"
	postGPU           = "POST " + gpuPath
	deleteGPU         = "DELETE " + gpuPath
	getProgress       = "GET " + gpuPath + "/progress"
	postDefaultServer = "POST /hub/api/users/alice/server"
	getVersion        = "GET /hub/api/"
)

// aliceWith is alice with servers, which are members of a JSON object.
func aliceWith(servers string) serverReply {
	return jsonReply(`{"kind": "user", "name": "alice", "servers": {` + servers + `}}`)
}

// gpuServer is alice with the server gpu. pending is a JSON value: null or a string.
func gpuServer(isReady bool, pending string) serverReply {
	return aliceWith(fmt.Sprintf(`"gpu": {"name": "gpu", "url": "/user/alice/gpu/", "ready": %t, "pending": %s, "started": "2026-11-23T08:00:01.5Z", "user_options": {"profile": "gpu"}}`, isReady, pending))
}

func eventStream(events ...string) serverReply {
	body := ""
	for _, event := range events {
		body += "data: " + event + "\n\n"
	}
	return serverReply{Status: http.StatusOK, ContentType: "text/event-stream", Body: body}
}

var (
	noServers      = aliceWith("")
	gpuStarting    = gpuServer(false, `"spawn"`)
	gpuStopping    = gpuServer(true, `"stop"`)
	gpuReady       = gpuServer(true, "null")
	acceptedReply  = serverReply{Status: http.StatusAccepted, ContentType: "text/plain"}
	createdReply   = serverReply{Status: http.StatusCreated, ContentType: "text/plain"}
	alreadyRunning = hubError(http.StatusBadRequest, `"alice:gpu is already running"`)
	notStarting    = hubError(http.StatusBadRequest, `"alice:gpu is not starting..."`)
	badGateway     = serverReply{Status: http.StatusBadGateway, ContentType: "text/html", Body: "<h1>502</h1>"}
	readyEvents    = eventStream(`{"progress": 0, "message": "Server requested"}`, `{"progress": 50, "message": "Spawning server..."}`, `{"progress": 100, "ready": true, "message": "Server ready at /user/alice/gpu/", "url": "/user/alice/gpu/"}`)
	failedEvents   = eventStream(`{"progress": 0, "message": "Server requested"}`, `{"progress": 100, "failed": true, "message": "Spawn failed: no node has room for it"}`)
)

func TestStartServer_sendsTheOptions(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		options map[string]any
		body    string
		// versionRequests counts the requests for the Hub's version, which decides the
		// form of the body.
		versionRequests int
	}{
		"none":             {nil, `{"user_options":{}}`, 1},
		"empty":            {map[string]any{}, `{"user_options":{}}`, 1},
		"a profile":        {map[string]any{"profile": "gpu", "n": 2}, `{"n":2,"profile":"gpu"}`, 0},
		"of the same name": {map[string]any{"display_name": "x"}, `{"user_options":{"display_name":"x"}}`, 1},
	} {
		for request, server := range map[string]string{postGPU: "gpu", postDefaultServer: ""} {
			t.Run(label+" "+server, func(t *testing.T) {
				t.Parallel()
				scriptedHub, client, _ := newScripted(t)
				scriptedHub.On(getAlice, noServers)
				scriptedHub.On(getVersion, jsonReply(`{"version": "6.1.1"}`))
				scriptedHub.On(request, serverReply{Status: http.StatusAccepted, Request: func(_ *http.Request, body string) {
					if body != test.body {
						t.Errorf("sent %s, want %s", body, test.body)
					}
				}})
				if isConfirmed, err := client.StartServer(t.Context(), "alice", server, test.options); err != nil || !isConfirmed {
					t.Errorf("confirmed: %t, %v", isConfirmed, err)
				}
				if got := scriptedHub.Count(getVersion); got != test.versionRequests {
					t.Errorf("the version was requested %d times, want %d", got, test.versionRequests)
				}
			})
		}
	}
}

// TestStartServer_sendsBareOptionsToOldHubs: before JupyterHub 6, the body consists
// of the options alone, even without options.
func TestStartServer_sendsBareOptionsToOldHubs(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]map[string]any{`{}`: nil, `{"display_name":"x"}`: {"display_name": "x"}} {
		server, client, _ := newScripted(t)
		server.On(getAlice, noServers)
		server.On(getVersion, jsonReply(`{"version": "5.5.4"}`))
		server.On(postGPU, serverReply{Status: http.StatusCreated, Request: func(_ *http.Request, body string) {
			if body != want {
				t.Errorf("sent %s, want %s", body, want)
			}
		}})
		if isConfirmed, err := client.StartServer(t.Context(), "alice", "gpu", options); err != nil || !isConfirmed {
			t.Errorf("confirmed: %t, %v", isConfirmed, err)
		}
	}
}

// TestStartServer_rejectsASecondStartUnderWay: the Hub responds to both with success.
func TestStartServer_rejectsASecondStartUnderWay(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getAlice, noServers)
	var second error
	server.On(postGPU, scripted.After(acceptedReply, func() {
		if !client.HasStarted("alice", "gpu") {
			t.Error("HasStarted is false while the start is under way")
		}
		_, second = client.StartServer(t.Context(), "alice", "gpu", map[string]any{"profile": "large"})
	}))
	if isConfirmed, err := client.StartServer(t.Context(), "alice", "gpu", map[string]any{"profile": "small"}); err != nil || !isConfirmed {
		t.Errorf("confirmed: %t, %v", isConfirmed, err)
	}
	if _, ok := errors.AsType[*hub.ActiveError](second); !ok {
		t.Errorf("the second start ended with %v", second)
	}
	if sent := server.Count(postGPU); sent != 1 {
		t.Errorf("%d requests were sent, want 1", sent)
	}
	if !client.HasStarted("alice", "gpu") || client.HasStarted("alice", "") || client.HasStarted("bob", "gpu") {
		t.Error("HasStarted is not true for the server gpu of alice alone")
	}
}

func TestHasStarted_isFalseForAFailedStart(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getAlice, gpuReady)
	if _, err := client.StartServer(t.Context(), "alice", "gpu", nil); err == nil || client.HasStarted("alice", "gpu") {
		t.Errorf("a server that another client started: %v", err)
	}
}

func TestStartServer_startsOneServer(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		lookups []serverReply
		posts   []serverReply
		// isConfirmed is false if only a lookup shows that the server starts.
		isConfirmed bool
		// message is a part of the error; "" for none.
		message string
		// requests are how many POSTs are sent.
		requests int
	}{
		"202":                               {[]serverReply{noServers}, []serverReply{acceptedReply}, true, "", 1},
		"201":                               {[]serverReply{noServers}, []serverReply{createdReply}, true, "", 1},
		"it already runs":                   {[]serverReply{gpuReady}, nil, false, "the server gpu of alice already runs", 0},
		"it already starts":                 {[]serverReply{gpuStarting}, nil, false, "is pending spawn", 0},
		"it stops":                          {[]serverReply{gpuStopping, gpuStopping, noServers}, []serverReply{acceptedReply}, true, "", 1},
		"it stops, and runs again":          {[]serverReply{gpuStopping, gpuReady}, nil, false, "the server gpu of alice already runs", 0},
		"it stops, and alice is gone":       {[]serverReply{gpuStopping, hubError(404, "null")}, nil, false, "404", 0},
		"another client was faster":         {[]serverReply{noServers}, []serverReply{alreadyRunning}, false, "is already running", 1},
		"the response is lost":              {[]serverReply{noServers, gpuStarting}, []serverReply{lostResponse}, false, "", 1},
		"a proxy loses the response":        {[]serverReply{noServers, gpuReady}, []serverReply{badGateway}, false, "", 1},
		"the request never arrives":         {[]serverReply{noServers, noServers, noServers, gpuStarting}, []serverReply{lostResponse, acceptedReply}, true, "", 2},
		"it is listed late":                 {[]serverReply{noServers}, []serverReply{lostResponse, alreadyRunning}, false, "", 2},
		"no request arrives":                {[]serverReply{noServers}, []serverReply{lostResponse}, false, "got no response", 3},
		"alice has too many servers":        {[]serverReply{noServers}, []serverReply{hubError(400, `"User alice already has the maximum of 1 named servers."`)}, false, "the maximum of 1 named servers", 1},
		"the hook refuses":                  {[]serverReply{noServers}, []serverReply{hubError(409, `"quota reached"`)}, false, "quota reached", 1},
		"the start fails at once":           {[]serverReply{noServers}, []serverReply{hubError(500, `"Internal Server Error"`)}, false, "the server gpu of alice did not start: no node has room for it", 1},
		"the token may not see the servers": {[]serverReply{jsonReply(`{"kind": "user", "name": "alice"}`)}, nil, false, "lacks the scope read:servers", 0},
		"the token may not see alice":       {[]serverReply{hubError(404, "null")}, nil, false, "404", 0},
		"too many servers start":            {[]serverReply{noServers}, []serverReply{hubError(429, `"Too many users trying to log in right now."`)}, false, "Too many users", 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getAlice, test.lookups...)
			server.On(postGPU, test.posts...)
			server.On(getVersion, jsonReply(`{"version": "6.1.1"}`))
			server.On(getProgress, failedEvents)
			isConfirmed, err := client.StartServer(t.Context(), "alice", "gpu", nil)
			if isConfirmed != test.isConfirmed || (err == nil) != (test.message == "") || err != nil && !strings.Contains(err.Error(), test.message) {
				t.Errorf("confirmed: %t, %v, want %t, %q", isConfirmed, err, test.isConfirmed, test.message)
			}
			if got := server.Count(postGPU); got != test.requests {
				t.Errorf("%d POSTs, want %d: %q", got, test.requests, server.Requests())
			}
		})
	}
}

// TestStartServer_afterAnInterrupt interrupts a start while the Hub holds its
// response. StartServer returns as soon as the Hub lists the server.
func TestStartServer_afterAnInterrupt(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		lookup serverReply
		err    error
	}{
		"the server starts":      {gpuStarting, nil},
		"the server is inactive": {noServers, context.Canceled},
		"the Hub is unavailable": {badGateway, context.Canceled},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			ctx, cancel := context.WithCancel(t.Context())
			hang := make(chan struct{})
			t.Cleanup(func() { close(hang) })
			server.On(getAlice, noServers, test.lookup)
			server.On(postGPU, scripted.After(lostResponse, func() { cancel(); <-hang }))
			began := clock.Real().Now()
			isConfirmed, err := client.StartServer(ctx, "alice", "gpu", map[string]any{"profile": "gpu"})
			if isConfirmed || !errors.Is(err, test.err) {
				t.Errorf("confirmed: %t, %v, want %v", isConfirmed, err, test.err)
			}
			if got := server.Count(postGPU); got != 1 {
				t.Errorf("%d POSTs: %q", got, server.Requests())
			}
			if took := clock.Real().Now().Sub(began); test.err == nil && took > 5*time.Second || took > 12*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestStartServer_looksUpOnceMoreAfterAnInterrupt interrupts StartServer during the
// lookup after a lost response.
func TestStartServer_looksUpOnceMoreAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	server.On(getAlice, noServers, scripted.After(noServers, func() { cancel(); <-hang }), gpuStarting)
	server.On(postGPU, badGateway)
	if isConfirmed, err := client.StartServer(ctx, "alice", "gpu", map[string]any{"profile": "gpu"}); isConfirmed || err != nil {
		t.Errorf("confirmed: %t, %v", isConfirmed, err)
	}
}

// A lost response and a failed lookup do not show whether the server starts.
func TestStartServer_reportsALostStartIfTheLookupFails(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getAlice, noServers, hubError(400, `"no"`))
	server.On(postGPU, badGateway)
	_, err := client.StartServer(t.Context(), "alice", "gpu", map[string]any{"profile": "gpu"})
	if lost, ok := errors.AsType[*hub.LostStartError](err); !ok || lost.LookupError == nil || lost.Cause == nil {
		t.Errorf("got %v", err)
	}
}

// TestStartServer_afterAnInterrupt_acceptsALateResponse: a proxy delays the request, so
// that the Hub does not list the server at first.
func TestStartServer_afterAnInterrupt_acceptsALateResponse(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(getAlice, noServers)
	server.On(postGPU, scripted.After(acceptedReply, func() { cancel(); pause(t, 2*time.Second) }))
	isConfirmed, err := client.StartServer(ctx, "alice", "gpu", map[string]any{"profile": "gpu"})
	if !isConfirmed || err != nil {
		t.Errorf("confirmed: %t, %v", isConfirmed, err)
	}
}

func TestWaitForServer_followsTheStream(t *testing.T) {
	t.Parallel()
	requested := eventStream(`{"progress": 0, "message": "Server requested"}`)
	unauthorised := hubError(403, `"Missing or invalid credentials."`)
	bothMessages := []string{"Server requested", "Spawning server..."}
	for label, test := range map[string]struct {
		streams  []serverReply
		lookups  []serverReply
		messages []string
		// err is a part of the error; "" for none.
		err string
		// requests are how often the stream is requested.
		requests int
	}{
		"ready":                       {[]serverReply{readyEvents}, []serverReply{gpuReady}, bothMessages, "", 1},
		"ready a little later":        {[]serverReply{readyEvents}, []serverReply{gpuStarting, gpuReady}, bothMessages, "", 2},
		"failed":                      {[]serverReply{failedEvents}, []serverReply{noServers}, []string{"Server requested"}, "did not start: no node has room for it", 1},
		"an earlier start failed":     {[]serverReply{failedEvents, readyEvents}, []serverReply{gpuStarting, gpuReady}, bothMessages, "", 2},
		"the stream is cut":           {[]serverReply{requested, requested, readyEvents}, []serverReply{gpuStarting, gpuStarting, gpuReady}, bothMessages, "", 3},
		"cut, then failed":            {[]serverReply{requested, failedEvents}, []serverReply{noServers}, []string{"Server requested"}, "no node has room for it", 2},
		"no stream":                   {[]serverReply{hubError(404, "null")}, []serverReply{gpuStarting, gpuStarting, gpuReady}, nil, "", 1},
		"a page in place of a stream": {[]serverReply{{Status: 200, ContentType: "text/html", Body: "<h1>Hub</h1>"}}, []serverReply{gpuStarting, gpuReady}, nil, "", 1},
		"not starting yet":            {[]serverReply{notStarting, readyEvents}, []serverReply{gpuStarting, gpuReady}, bothMessages, "", 2},
		"not listed for a moment":     {[]serverReply{requested, readyEvents}, []serverReply{noServers, gpuStarting, gpuReady}, bothMessages, "", 2},
		"gone without a reason":       {[]serverReply{requested, notStarting}, []serverReply{noServers}, []string{"Server requested"}, "the server gpu of alice did not start", 2},
		"the Hub is restarted":        {[]serverReply{requested, badGateway, readyEvents}, []serverReply{badGateway, badGateway, gpuReady}, bothMessages, "", 3},
		"no valid event":              {[]serverReply{eventStream("nonsense"), readyEvents}, []serverReply{gpuStarting, gpuReady}, bothMessages, "", 2},
		"the token is revoked":        {[]serverReply{unauthorised}, []serverReply{unauthorised}, nil, "Missing or invalid credentials", 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getProgress, test.streams...)
			server.On(getAlice, test.lookups...)
			var messages []string
			got, err := client.WaitForServer(t.Context(), "alice", "gpu", func(message string) { messages = append(messages, message) })
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if err == nil && (!got.IsReady || got.URL != "/user/alice/gpu/" || got.Started.IsZero()) {
				t.Errorf("got %+v", got)
			}
			if spawn, ok := errors.AsType[*hub.SpawnError](err); ok && !slices.Equal(spawn.Messages, messages) {
				t.Errorf("the error has the messages %q", spawn.Messages)
			}
			if requests := server.Count(getProgress); !slices.Equal(messages, test.messages) || requests != test.requests {
				t.Errorf("messages %q in %d streams, want %q in %d", messages, requests, test.messages, test.requests)
			}
		})
	}
}

func TestWaitForServer_endsWithItsContext(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.On(getProgress, scripted.After(notStarting, cancel))
	server.On(getAlice, gpuStarting)
	if _, err := client.WaitForServer(ctx, "alice", "gpu", func(string) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWaitForServer_givesUpAfterAnOutageOfTwoMinutes, as a cluster's wait does.
func TestWaitForServer_givesUpAfterAnOutageOfTwoMinutes(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(getProgress, badGateway)
	server.On(getAlice, badGateway)
	_, err := client.WaitForServer(t.Context(), "alice", "gpu", func(string) {})
	if err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("got %v", err)
	}
	if took := fake.Now().Sub(startTime); took < 2*time.Minute || took > 3*time.Minute {
		t.Errorf("gave up after %s", took)
	}
}

func TestStopServer_succeedsOnlyIfTheServerIsInactive(t *testing.T) {
	t.Parallel()
	alreadyRemoved := hubError(http.StatusNotFound, `"alice has no server named 'gpu'"`)
	pendingSpawn := hubError(http.StatusBadRequest, `"alice:gpu is pending spawn, please wait"`)
	proxyNotFound := serverReply{Status: 404, ContentType: "text/plain", Body: "Not Found"}
	for label, test := range map[string]struct {
		remove  bool
		deletes []serverReply
		lookups []serverReply
		// err is a part of the error; "" for none.
		err string
		// requests are how many DELETEs are sent.
		requests int
	}{
		"at once":                      {false, []serverReply{noContent}, []serverReply{noServers}, "", 1},
		"slowly":                       {false, []serverReply{acceptedReply}, []serverReply{gpuStopping, gpuStopping, noServers}, "", 1},
		"while it starts":              {false, []serverReply{acceptedReply}, []serverReply{gpuStarting, noServers}, "", 1},
		"an old Hub, while it starts":  {false, []serverReply{pendingSpawn, noContent}, []serverReply{gpuStarting, gpuStarting, gpuReady, noServers}, "", 2},
		"an old Hub, the start fails":  {false, []serverReply{pendingSpawn}, []serverReply{gpuStarting, noServers}, "", 1},
		"an old Hub, to be removed":    {true, []serverReply{pendingSpawn, noContent}, []serverReply{gpuStarting, noServers}, "", 2},
		"refused":                      {true, []serverReply{hubError(http.StatusBadRequest, `"Cannot delete the default server"`)}, nil, "Cannot delete", 1},
		"the request is lost":          {false, []serverReply{badGateway, noContent}, []serverReply{gpuReady, noServers}, "", 2},
		"the response is lost":         {false, []serverReply{badGateway}, []serverReply{noServers}, "", 1},
		"lost, and to be removed":      {true, []serverReply{badGateway, noContent}, []serverReply{noServers}, "", 2},
		"started again in between":     {false, []serverReply{noContent}, []serverReply{gpuReady, noServers}, "", 2},
		"the Hub no longer has it":     {true, []serverReply{alreadyRemoved}, []serverReply{noServers}, "", 1},
		"the token lacks a scope":      {false, []serverReply{hubError(403, `"Action is not authorized with current scopes; requires any of [delete:servers]"`)}, nil, "delete:servers", 1},
		"the Hub is unavailable":       {false, []serverReply{badGateway}, []serverReply{badGateway}, "502", 1},
		"a proxy's 404 proves nothing": {false, []serverReply{proxyNotFound}, []serverReply{proxyNotFound}, "404", 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			wantBody := ""
			if test.remove {
				wantBody = `{"remove":true}`
			}
			for i := range test.deletes {
				test.deletes[i].Request = func(_ *http.Request, body string) {
					if body != wantBody {
						t.Errorf("sent %q, want %q", body, wantBody)
					}
				}
			}
			server.On(deleteGPU, test.deletes...)
			server.On(getAlice, test.lookups...)
			err := client.StopServer(t.Context(), "alice", "gpu", test.remove)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if got := server.Count(deleteGPU); got != test.requests {
				t.Errorf("%d DELETEs, want %d", got, test.requests)
			}
		})
	}
}

// TestStopServer_waitsBetweenDeletes removes a server that is not active while every
// DELETE fails with a transient error, without a retry in the transport.
func TestStopServer_waitsBetweenDeletes(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(deleteGPU, serverReply{Status: http.StatusServiceUnavailable})
	server.On(getAlice, noServers)
	err := client.StopServer(t.Context(), "alice", "gpu", true)
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want the 503", err)
	}
	if sent := server.Count(deleteGPU); sent > 70 {
		t.Errorf("sent %d DELETEs", sent)
	}
	if took := fake.Now().Sub(startTime); took < 2*time.Minute || took > 3*time.Minute {
		t.Errorf("gave up after %s, want two minutes", took)
	}
}

func TestStopServer_toleratesAnOutageOfTwoMinutes(t *testing.T) {
	t.Parallel()
	unavailable := serverReply{Status: http.StatusServiceUnavailable}
	for label, remove := range map[string]bool{"stop": false, "remove": true} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(deleteGPU, noContent)
			down := slices.Repeat([]serverReply{unavailable}, 20)
			server.On(getAlice, append(append([]serverReply{gpuStopping}, down...), append(append([]serverReply{gpuStopping}, down...), noServers)...)...)
			if err := client.StopServer(t.Context(), "alice", "gpu", remove); err != nil {
				t.Error(err)
			}
			if took := fake.Now().Sub(startTime); took < 40*time.Second {
				t.Errorf("the outage lasted only %s", took)
			}
		})
	}
}
