// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	launching = "A server of the Hub is started"
	stopping  = "A server of the Hub is read or stopped"

	gpuServer   = "pc_hub_server.test"
	gpuTainted  = gpuServer + " (tainted)"
	gpuPath     = "*/users/alice/servers/gpu"
	gpuProgress = gpuPath + "/progress"
	itsUser     = "*/users/alice"
)

// serverWith is the configuration of a named server with a profile.
func serverWith(profile string) string {
	return "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"" + profile + "\" }\n}\n"
}

// serverRows are faults around servers of the Hub. There is one of a name, so
// that a start can be repeated where nothing has begun.
func serverRows() []Row {
	return slices.Concat(launchRows(), serverEndRows())
}

func launchRows() []Row {
	once := map[string]int{"POST " + gpuPath: 1}
	starts := Want{State: []string{gpuServer}, Servers: 1, Requests: once}
	twice := starts
	twice.Requests = map[string]int{"POST " + gpuPath: 2}
	fails500 := hubRefusal(http.StatusInternalServerError, "Internal Server Error")
	rows := []Row{
		{Fault: "The answer to the POST is lost: the connection is reset.", Promise: "It is seen to start, and waited for.", Break: fails(http.MethodPost, gpuPath, answerLost), Want: starts},
		{Fault: "A proxy answers 502 in its place.", Promise: "The same.", Break: fails(http.MethodPost, gpuPath, late(http.StatusBadGateway)), Want: starts},
		{Fault: "A proxy answers 504 in its place, and it takes long to start.", Promise: "The same.", Config: serverWith("slow"), Break: fails(http.MethodPost, gpuPath, late(http.StatusGatewayTimeout)), Want: starts},
		{Fault: "The connection ends before the Hub has read the request.", Promise: "Nothing has begun, so it is sent again: one server.", Break: fails(http.MethodPost, gpuPath, dropped), Want: twice},
		{
			Fault: "Ctrl-C is pressed while the Hub holds back its answer, as it does for ten seconds.", Promise: "One quick look finds the server, and it is in the state; the next apply replaces it.",
			Config: serverWith("stuck"), Break: fails(http.MethodPost, gpuPath, mockserver.Fault{ResponseDelay: 10 * time.Second}), Meanwhile: interrupted(http.MethodPost, gpuPath),
			Want: Want{Exit: 1, Says: []string{"was interrupted"}, State: []string{gpuTainted}, Servers: 1, Requests: once},
		},
		{
			Fault: "Ctrl-C is pressed while the server starts.", Promise: "The same.",
			Config: serverWith("stuck"), Meanwhile: interrupted(http.MethodGet, gpuProgress),
			Want: Want{Exit: 1, Says: []string{"was interrupted"}, State: []string{gpuTainted}, Servers: 1, Requests: once},
		},
		{Fault: "The Hub answers 429, with the time to wait.", Promise: "It is asked again after that time.", Break: fails(http.MethodPost, gpuPath, busy), Want: twice},
		{
			Fault: "The start fails at once: 500 without a reason.", Promise: "The error has the reason, which the Hub tells elsewhere; nothing is in the state.",
			Config: serverWith("broken"), Want: Want{Exit: 1, Says: []string{"did not start", "no node has room for it"}, Requests: once},
		},
		{
			Fault: "The start fails after a while.", Promise: "The error has the reason and what the Hub said until then.",
			Config: serverWith("late"), Want: Want{Exit: 1, Says: []string{"no node came up", "Looking for a node"}, Requests: once},
		},
		{
			Fault: "The Hub itself fails with 500, and there is no reason.", Promise: "The error says that it does not say why.",
			Break: fails(http.MethodPost, gpuPath, fails500), Want: Want{Exit: 1, Says: []string{"the Hub does not say why"}, Requests: once},
		},
		{
			Fault: "The spawner refuses it: a quota is reached.", Promise: "The error has its words.",
			Config: serverWith("refused"), Want: Want{Exit: 1, Says: []string{"quota reached"}, Requests: once},
		},
		{Fault: "The progress stream breaks off.", Promise: "It is asked for again, and the server looked at.", Config: serverWith("slow"), Break: fails(http.MethodGet, gpuProgress, times(2, answerTorn)), Want: starts},
		{Fault: "A proxy lets no stream through.", Promise: "The server is looked at until it is ready.", Config: serverWith("slow"), Break: fails(http.MethodGet, gpuProgress, times(always, page(http.StatusForbidden))), Want: starts},
		{Fault: "The stream is a page for people.", Promise: "The same.", Config: serverWith("slow"), Break: fails(http.MethodGet, gpuProgress, times(always, signInPage)), Want: starts},
		{
			Fault: "There is such a server already.", Promise: "It is left alone; the error has the command to import it.",
			Break:  func(w *World) { w.Mock.StartHubServer(user, "gpu", `{"profile": "theirs"}`) },
			Want:   Want{Exit: 1, Says: []string{"There is such a server already", "terraform import ADDRESS_OF_THIS_RESOURCE alice/gpu"}, Servers: 1, Requests: map[string]int{"POST " + gpuPath: 0}},
			Theirs: func(w *World) { w.Mock.CullHubServer(user, "gpu") },
		},
		{
			Fault: "The user that it is for does not exist.", Promise: "Nothing is started; the error says what may be the reason.",
			Config: "resource \"pc_hub_server\" \"test\" {\n  user = \"nobody\"\n}\n", Want: Want{Exit: 1, Says: []string{"does not show the servers of nobody"}, Requests: map[string]int{"POST *": 0}},
		},
	}
	for i := range rows {
		rows[i].Moment = launching
		if rows[i].Config == "" {
			rows[i].Config = serverWith("small")
		}
	}
	return rows
}

func serverEndRows() []Row {
	stays := func(says ...string) Want {
		return Want{Exit: 1, Says: says, State: []string{gpuServer}, Servers: 1}
	}
	anew := func(says ...string) Want { return Want{Exit: 2, Says: says, State: []string{gpuServer}} }
	cull := func(w *World) { w.Mock.CullHubServer(user, "gpu") }
	rows := []Row{
		{Fault: "The Hub has stopped it, because it was idle.", Promise: "It leaves the state with a warning, and the plan starts it again.", Command: plan, Break: cull, Want: anew("does not run", "1 to add")},
		{
			Fault: "The Hub is stopping it in this moment.", Promise: "The same.", Command: plan,
			Break: fails(http.MethodGet, itsUser, times(always, hubAnswer(`{"kind": "user", "name": "alice", "servers": {"gpu": {"name": "gpu", "url": "/user/alice/gpu/", "ready": false, "pending": "stop"}}}`))),
			Want:  Want{Exit: 2, Says: []string{"is being stopped", "1 to add"}, State: []string{gpuServer}, Servers: 1},
		},
		{
			Fault: "Its user has started it again with other options.", Promise: "The plan replaces it.", Command: plan,
			Break: all(cull, func(w *World) { w.Mock.StartHubServer(user, "gpu", `{"profile": "huge"}`) }), Want: Want{Exit: 2, Says: []string{"must be replaced"}, State: []string{gpuServer}, Servers: 1},
		},
		{Fault: "The Hub is down.", Promise: "The plan fails; the server stays in the state.", Command: plan, Break: fails(http.MethodGet, itsUser, times(always, gatewayDown)), Want: stays("could not be read")},
		{Fault: "The Hub shows it for a moment as gone.", Promise: "It is looked at twice: nothing is planned.", Command: plan, Break: fails(http.MethodGet, itsUser, hubAnswer(`{"kind": "user", "name": "alice", "servers": {}}`)), Want: Want{State: []string{gpuServer}, Servers: 1}},
		{Fault: "The token may not see servers any more.", Promise: "The plan fails, and says which scope is missing.", Command: plan, Break: fails(http.MethodGet, itsUser, times(always, hubAnswer(`{"kind": "user", "name": "alice"}`))), Want: stays("read:servers")},
		{Fault: "The token was revoked.", Promise: "The plan fails, and says so.", Command: plan, Break: func(w *World) { w.revoke() }, Want: stays("did not accept the credentials")},
		{Fault: "The DELETE is lost.", Promise: "It is repeated until the server is gone.", Command: destroy, Break: fails(http.MethodDelete, gpuPath, dropped)},
		{Fault: "The answer to the DELETE is lost.", Promise: "The same.", Command: destroy, Break: fails(http.MethodDelete, gpuPath, answerLost)},
		{Fault: "A proxy answers 204 to the DELETE, and the Hub never hears of it.", Promise: "The server is seen to run, and the request repeated.", Command: destroy, Break: fails(http.MethodDelete, gpuPath, mockserver.Fault{Status: http.StatusNoContent})},
		{Fault: "It was stopped already, and is destroyed.", Promise: "That is a success.", Command: withoutRefresh(destroy), Break: cull},
		{Fault: "The Hub is down while it is destroyed.", Promise: "The destroy fails; the server stays in the state.", Command: withoutRefresh(destroy), Break: fails("", "*", times(always, gatewayDown)), Want: stays("was not stopped")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Config, rows[i].Applied = stopping, serverWith("small"), true
	}
	return rows
}

// hubAnswer is a good answer of the Hub's with another body.
func hubAnswer(body string) mockserver.Fault {
	return mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: body}
}
