// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// serverProgress is GET .../progress: a stream of events with the result as the
// last one.
func serverProgress(s *Server, call *hubCall) *httpResponse {
	if rejection := call.requireScope("read:servers"); rejection != nil {
		return rejection
	}
	u := s.state.users[call.userName]
	if u == nil || u.serverByName(call.serverName) == nil {
		return hubError(http.StatusNotFound, nil)
	}
	server := u.serverByName(call.serverName)
	if server.pending != "spawn" && !server.isReady && server.startError == "" {
		return hubError(http.StatusBadRequest, logName(u, server)+" is not starting...")
	}
	response := (&httpResponse{status: http.StatusOK, contentType: "text/event-stream"}).setHeader("X-Jupyterhub-Version", hubVersion).setHeader("Cache-Control", "no-cache")
	if server.pending != "spawn" {
		response.body = finalEvent(u, server)
		return response
	}
	if server.continueStart != nil {
		server.continueStart()
	}
	response.body = serverSentEvent(object{{"progress", int64(0)}, {"message", "Server requested"}}) +
		serverSentEvent(object{{"progress", int64(20)}, {"message", "Looking for a node"}}) +
		serverSentEvent(object{{"progress", int64(50)}, {"message", "Spawning server..."}})
	response.stream = func(ctx context.Context, w io.Writer) {
		if s.awaitSpawn(ctx, server) {
			s.mu.Lock()
			last := finalEvent(u, server)
			s.mu.Unlock()
			_, _ = io.WriteString(w, last)
		}
	}
	return response
}

// awaitSpawn waits for the end of a start. It returns false if the client
// disconnects first.
func (s *Server) awaitSpawn(ctx context.Context, server *hubServer) bool {
	for {
		s.mu.Lock()
		pending, moved := server.pending, server.stateChanged
		s.mu.Unlock()
		if pending != "spawn" {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		case <-s.done:
			return false
		}
	}
}

func finalEvent(u *account, server *hubServer) string {
	if !server.isReady {
		message := "Spawn failed: " + server.startError
		if server.startError == "Spawn cancelled" {
			message = server.startError
		}
		return serverSentEvent(object{{"progress", int64(100)}, {"failed", true}, {"message", message}})
	}
	address := u.serverPath(server)
	return serverSentEvent(object{
		{"progress", int64(100)},
		{"ready", true},
		{"message", "Server ready at " + address},
		{"html_message", fmt.Sprintf(`Server ready at <a href="%s">%s</a>`, address, address)},
		{"url", address},
	})
}

func serverSentEvent(members object) string { return "data: " + dumps(members) + "\n\n" }
