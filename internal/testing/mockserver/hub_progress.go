// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// serverProgress is GET .../progress: what happens, and in the end what came of
// it.
func serverProgress(s *Server, call *hubCall) *reply {
	if refused := call.need("read:servers"); refused != nil {
		return refused
	}
	u := s.state.users[call.name]
	if u == nil || u.server(call.server) == nil {
		return hubRefuse(http.StatusNotFound, nil)
	}
	one := u.server(call.server)
	if one.pending != "spawn" && !one.ready && one.failure == "" {
		return hubRefuse(http.StatusBadRequest, logName(u, one)+" is not starting...")
	}
	answer := (&reply{status: http.StatusOK, contentType: "text/event-stream"}).set("X-Jupyterhub-Version", hubVersion).set("Cache-Control", "no-cache")
	if one.pending != "spawn" {
		answer.body = lastEvent(u, one)
		return answer
	}
	if one.watched != nil {
		one.watched()
	}
	answer.body = event(object{{"progress", int64(0)}, {"message", "Server requested"}}) +
		event(object{{"progress", int64(20)}, {"message", "Looking for a node"}}) +
		event(object{{"progress", int64(50)}, {"message", "Spawning server..."}})
	answer.rest = func(ctx context.Context, w io.Writer) {
		if s.awaitSpawn(ctx, one) {
			s.mu.Lock()
			last := lastEvent(u, one)
			s.mu.Unlock()
			_, _ = io.WriteString(w, last)
		}
	}
	return answer
}

// awaitSpawn waits for the end of a start; false if the client went first.
func (s *Server) awaitSpawn(ctx context.Context, one *hubServer) bool {
	for {
		s.mu.Lock()
		pending, moved := one.pending, one.moved
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

func lastEvent(u *owner, one *hubServer) string {
	if !one.ready {
		message := "Spawn failed: " + one.failure
		if one.failure == "Spawn cancelled" {
			message = one.failure
		}
		return event(object{{"progress", int64(100)}, {"failed", true}, {"message", message}})
	}
	address := u.serverPath(one)
	return event(object{
		{"progress", int64(100)},
		{"ready", true},
		{"message", "Server ready at " + address},
		{"html_message", fmt.Sprintf(`Server ready at <a href="%s">%s</a>`, address, address)},
		{"url", address},
	})
}

func event(members object) string { return "data: " + dumps(members) + "\n\n" }
