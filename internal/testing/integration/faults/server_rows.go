// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentServerStart      = "A Hub server is started"
	momentServerReadOrStop = "A Hub server is refreshed or stopped"

	promiseUnconfirmed = "The provider finds the server and waits for it. A warning says that this run may not have started it."
	promiseServerSaved = "The server is in the state once the Hub lists it. The next apply replaces it."
	promiseStartReason = "The error gives the Hub's reason, if any, and the last progress messages. The state stays empty."
	promisePolled      = "The provider polls the server until it is ready."

	serverAddress        = "pc_hub_server.test"
	taintedServerAddress = serverAddress + " (tainted)"
	serverPath           = "*/users/alice/servers/gpu"
	serverProgressPath   = serverPath + "/progress"
	serverUserPath       = "*/users/alice"
)

// serverWith is the configuration of a named server with a profile.
func serverWith(profile string) string {
	return "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"" + profile + "\" }\n}\n"
}

// serverRows are faults of Hub servers. A Hub has only one server of a name, so
// that the provider can repeat a start that has not begun.
func serverRows() []Row {
	return slices.Concat(serverStartRows(), serverEndRows())
}

func serverStartRows() []Row {
	oneStart := map[string]int{"POST " + serverPath: 1}
	startsWithOnePost := Want{State: []string{serverAddress}, Servers: 1, Requests: oneStart}
	startsWithTwoPosts := startsWithOnePost
	startsWithTwoPosts.Requests = map[string]int{"POST " + serverPath: 2}
	unconfirmed := startsWithOnePost
	unconfirmed.Output = []string{"is not confirmed"}
	hubError := hubRefusal(http.StatusInternalServerError, "Internal Server Error")
	rows := []Row{
		{Fault: "The response to the start is lost, or a proxy returns 502 or 504 instead.", Variant: "lost", Promise: promiseUnconfirmed, Break: failRequests(http.MethodPost, serverPath, responseLost), Want: unconfirmed},
		{Fault: "The response to the start is lost, or a proxy returns 502 or 504 instead.", Variant: "502", Promise: promiseUnconfirmed, Break: failRequests(http.MethodPost, serverPath, afterHandling(http.StatusBadGateway)), Want: unconfirmed},
		{Fault: "The response to the start is lost, or a proxy returns 502 or 504 instead.", Variant: "504, slow start", Promise: promiseUnconfirmed, Config: serverWith("slow"), Break: failRequests(http.MethodPost, serverPath, afterHandling(http.StatusGatewayTimeout)), Want: unconfirmed},
		{Fault: "The connection closes before the Hub has read the request.", Promise: "The provider repeats the request. One server starts.", Break: failRequests(http.MethodPost, serverPath, droppedBeforeHandling), Want: startsWithTwoPosts},
		{
			Fault: "A proxy drops the request, and another client starts a server with this name.", Promise: "The server is in the state, with the same warning.",
			Break: func(w *World) {
				refused := htmlResponse(http.StatusBadGateway)
				refused.BeforeResponse = func() { w.Mock.StartHubServer(configUser, "gpu", `{"profile": "theirs"}`) }
				failRequests(http.MethodPost, serverPath, refused)(w)
			},
			Want: unconfirmed,
		},
		{
			Fault: "You press Ctrl-C, also while the Hub holds its response, up to 10 s.", Variant: "response held", Promise: promiseServerSaved,
			Config: serverWith("stuck"), Break: failRequests(http.MethodPost, serverPath, mockserver.Fault{ResponseDelay: 10 * time.Second}), During: interruptAfter(http.MethodPost, serverPath),
			Want: Want{Exit: 1, Output: []string{"was interrupted"}, State: []string{taintedServerAddress}, Servers: 1, Requests: oneStart},
		},
		{
			Fault: "You press Ctrl-C, also while the Hub holds its response, up to 10 s.", Variant: "during the start", Promise: promiseServerSaved,
			Config: serverWith("stuck"), During: interruptAfter(http.MethodGet, serverProgressPath),
			Want: Want{Exit: 1, Output: []string{"was interrupted"}, State: []string{taintedServerAddress}, Servers: 1, Requests: oneStart},
		},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: failRequests(http.MethodPost, serverPath, rateLimited), Want: startsWithTwoPosts},
		{
			Fault: "The start fails at once, after a while, because of a quota or because the Hub fails.", Variant: "at once", Promise: promiseStartReason,
			Config: serverWith("broken"), Want: Want{Exit: 1, Output: []string{"did not start", "no node has room for it"}, Requests: oneStart},
		},
		{
			Fault: "The start fails at once, after a while, because of a quota or because the Hub fails.", Variant: "after a while", Promise: promiseStartReason,
			Config: serverWith("late"), Want: Want{Exit: 1, Output: []string{"no node came up", "Looking for a node"}, Requests: oneStart},
		},
		{
			Fault: "The start fails at once, after a while, because of a quota or because the Hub fails.", Variant: "the Hub fails", Promise: promiseStartReason,
			Break: failRequests(http.MethodPost, serverPath, hubError), Want: Want{Exit: 1, Output: []string{"the Hub reports no reason"}, Requests: oneStart},
		},
		{
			Fault: "The start fails at once, after a while, because of a quota or because the Hub fails.", Variant: "quota", Promise: promiseStartReason,
			Config: serverWith("refused"), Want: Want{Exit: 1, Output: []string{"quota reached"}, Requests: oneStart},
		},
		{Fault: "The progress stream is cut off.", Promise: "The provider reconnects and reads the server's status.", Config: serverWith("slow"), Break: failRequests(http.MethodGet, serverProgressPath, repeated(2, responseCutOff)), Want: startsWithOnePost},
		{Fault: "A proxy blocks the progress stream, or an HTML page arrives.", Variant: "blocked", Promise: promisePolled, Config: serverWith("slow"), Break: failRequests(http.MethodGet, serverProgressPath, repeated(everyTime, htmlResponse(http.StatusForbidden))), Want: startsWithOnePost},
		{Fault: "A proxy blocks the progress stream, or an HTML page arrives.", Variant: "page", Promise: promisePolled, Config: serverWith("slow"), Break: failRequests(http.MethodGet, serverProgressPath, repeated(everyTime, signInPage)), Want: startsWithOnePost},
		{
			Fault: "The progress stream sends more than 1 MiB in one event.", Promise: promisePolled,
			Config: serverWith("slow"), Break: failRequests(http.MethodGet, serverProgressPath, repeated(everyTime, endlessEvent)), Want: startsWithOnePost,
		},
		{
			Fault: "A server with this name already runs.", Promise: "The provider leaves it alone. The error gives the command to import it.",
			Break:        func(w *World) { w.Mock.StartHubServer(configUser, "gpu", `{"profile": "theirs"}`) },
			Want:         Want{Exit: 1, Output: []string{"The server already exists", "terraform import ADDRESS_OF_THIS_RESOURCE alice/gpu"}, Servers: 1, Requests: map[string]int{"POST " + serverPath: 0}},
			RemoveOthers: func(w *World) { w.Mock.CullHubServer(configUser, "gpu") },
		},
		{
			Fault: "The server's user does not exist.", Promise: "No server starts. The error lists possible reasons.",
			Config: "resource \"pc_hub_server\" \"test\" {\n  user = \"nobody\"\n}\n", Want: Want{Exit: 1, Output: []string{"does not list the servers of nobody"}, Requests: map[string]int{"POST *": 0}},
		},
	}
	for i := range rows {
		rows[i].Moment = momentServerStart
		if rows[i].Config == "" {
			rows[i].Config = serverWith("small")
		}
	}
	return rows
}

func serverEndRows() []Row {
	failsUnchanged := func(output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{serverAddress}, Servers: 1}
	}
	plansNewServer := func(output ...string) Want { return Want{Exit: 2, Output: output, State: []string{serverAddress}} }
	cullServer := func(w *World) { w.Mock.CullHubServer(configUser, "gpu") }
	rows := []Row{
		{Fault: "The Hub has stopped a server or is stopping it.", Variant: "stopped", Promise: promiseEnded, Command: planCommand, Break: cullServer, Want: plansNewServer("does not run", "1 to add")},
		{
			Fault: "The Hub has stopped a server or is stopping it.", Variant: "stopping", Promise: promiseEnded, Command: planCommand,
			Break: failRequests(http.MethodGet, serverUserPath, repeated(everyTime, hubResponse(`{"kind": "user", "name": "alice", "servers": {"gpu": {"name": "gpu", "url": "/user/alice/gpu/", "ready": false, "pending": "stop"}}}`))),
			Want:  Want{Exit: 2, Output: []string{"is being stopped", "1 to add"}, State: []string{serverAddress}, Servers: 1},
		},
		{
			Fault: "The user has restarted the server with other options.", Promise: "The plan replaces it.", Command: planCommand,
			Break: inOrder(cullServer, func(w *World) { w.Mock.StartHubServer(configUser, "gpu", `{"profile": "huge"}`) }), Want: Want{Exit: 2, Output: []string{"must be replaced"}, State: []string{serverAddress}, Servers: 1},
		},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Promise: promiseFails, Command: planCommand, Break: failRequests(http.MethodGet, serverUserPath, repeated(everyTime, gatewayDown)), Want: failsUnchanged("could not be read")},
		{Fault: "The Hub omits the server from one response.", Promise: "The provider looks it up twice. The plan is empty.", Command: planCommand, Break: failRequests(http.MethodGet, serverUserPath, hubResponse(`{"kind": "user", "name": "alice", "servers": {}}`)), Want: Want{State: []string{serverAddress}, Servers: 1}},
		{Fault: "The token may no longer read servers.", Promise: "The plan fails. The error names the missing scope.", Command: planCommand, Break: failRequests(http.MethodGet, serverUserPath, repeated(everyTime, hubResponse(`{"kind": "user", "name": "alice"}`))), Want: failsUnchanged("read:servers")},
		{Fault: "The token has expired or was revoked.", Promise: promiseRejected, Command: planCommand, Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged("rejected the credentials")},
		{Fault: "DELETE or its response is lost.", Variant: "request", Promise: promiseDeleteRepeated, Command: destroyCommand, Break: failRequests(http.MethodDelete, serverPath, droppedBeforeHandling)},
		{Fault: "DELETE or its response is lost.", Variant: "response", Promise: promiseDeleteRepeated, Command: destroyCommand, Break: failRequests(http.MethodDelete, serverPath, responseLost)},
		{Fault: "DELETE returns 204 and stops nothing.", Promise: promiseDeleteRepeated, Command: destroyCommand, Break: failRequests(http.MethodDelete, serverPath, mockserver.Fault{Status: http.StatusNoContent})},
		{Fault: "You destroy what has already ended.", Promise: promiseDestroyed, Command: withoutRefresh(destroyCommand), Break: cullServer},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "destroy", Promise: promiseFails, Command: withoutRefresh(destroyCommand), Break: failRequests("", "*", repeated(everyTime, gatewayDown)), Want: failsUnchanged("was not stopped")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Config, rows[i].AppliedBefore = momentServerReadOrStop, serverWith("small"), true
	}
	return rows
}

// hubResponse is a successful response of the Hub with the given body.
func hubResponse(body string) mockserver.Fault {
	return mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: body}
}

// endlessEvent is a stream of lines without the empty line that ends an event.
var endlessEvent = mockserver.Fault{Status: http.StatusOK, ContentType: "text/event-stream", Body: strings.Repeat("data: {}\n", 2<<20/len("data: {}\n"))}
