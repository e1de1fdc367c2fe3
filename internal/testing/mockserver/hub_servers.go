// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// hubServer is a notebook server of a user. Stopped servers are kept.
type hubServer struct {
	name    string
	options any
	// pending is "spawn", "stop" or "".
	pending string
	isReady bool
	started time.Time
	// startError is the reason why the last start failed, or "".
	startError string
	// continueStart lets a slow start continue, once a client has seen it. It is
	// nil for other starts and after its call.
	continueStart func()
	modelReads    int
	// stateChanged is closed when pending or ready changes.
	stateChanged chan struct{}
}

// Profiles with a slow or failing start, as in the configuration of the real
// servers.
const (
	profileSlow    = "slow"
	profileStuck   = "stuck"
	profileBroken  = "broken"
	profileRefused = "refused"
	profileLate    = "late"
	// The pre-spawn hook of this profile adds an option.
	profileHooked = "hooked"
)

// HubServer describes a notebook server for tests.
type HubServer struct {
	Name, Pending string
	Ready         bool
	Options       any
}

// HubServers returns the user's notebook servers by name, stopped servers included.
func (s *Server) HubServers(user string) []HubServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []HubServer
	if u := s.state.users[user]; u != nil {
		for _, server := range u.servers {
			found = append(found, HubServer{Name: server.name, Pending: server.pending, Ready: server.isReady, Options: toGo(server.options)})
		}
	}
	return found
}

// StartHubServer starts a notebook server as its user would on the Hub's page.
// The options are JSON.
func (s *Server) StartHubServer(user, name, options string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, err := loads(options)
	must(err)
	u := s.addUser(user)
	server := u.serverByName(name)
	if server == nil {
		server = &hubServer{name: name, stateChanged: make(chan struct{})}
		u.servers = append(u.servers, server)
	}
	server.options = value
	s.spawn(server)
}

// CullHubServer stops a notebook server as jupyterhub-idle-culler does.
func (s *Server) CullHubServer(user, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.state.users[user]; u != nil {
		if server := u.serverByName(name); server != nil {
			server.setState("", false)
		}
	}
}

func (o *account) serverByName(name string) *hubServer {
	at := slices.IndexFunc(o.servers, func(server *hubServer) bool { return server.name == name })
	if at < 0 {
		return nil
	}
	return o.servers[at]
}

func (server *hubServer) setState(pending string, isReady bool) {
	server.pending, server.isReady = pending, isReady
	close(server.stateChanged)
	server.stateChanged = make(chan struct{})
}

// validServerName is valid_server_name of jupyterhub/handlers (JupyterHub 6).
var validServerName = regexp.MustCompile(`^[a-z](?:-?[a-z0-9]){0,29}$`)

// startServer is POST /users/NAME/server and /servers/SRV.
func startServer(s *Server, call *hubCall) *httpResponse {
	scope := "start:servers"
	if call.hubMajor < 6 {
		scope = "servers"
	}
	if rejection := call.requireScope(scope); rejection != nil {
		return rejection
	}
	u := s.state.users[call.userName]
	if u == nil {
		return hubError(http.StatusNotFound, nil)
	}
	options, hasOptions, rejection := serverOptions(call.body, call.hubMajor)
	if rejection != nil {
		return rejection
	}
	if call.hubMajor >= 6 && call.serverName != "" && !validServerName.MatchString(call.serverName) {
		return hubError(http.StatusBadRequest, "Invalid server_name: '"+call.serverName+"'")
	}
	server := u.serverByName(call.serverName)
	if server == nil {
		server = &hubServer{name: call.serverName, options: object{}, stateChanged: make(chan struct{})}
		u.servers = append(u.servers, server)
	}
	switch {
	case server.pending == "spawn":
		return hubEmptyResponse(http.StatusAccepted)
	case server.pending != "":
		return hubError(http.StatusBadRequest, logName(u, server)+" is pending "+server.pending)
	case server.isReady:
		return hubError(http.StatusBadRequest, logName(u, server)+" is already running")
	}
	if hasOptions {
		server.options = options
	}
	return s.spawn(server)
}

// logName is spawner._log_name. For the default server it is the user's name.
func logName(u *account, server *hubServer) string {
	if server.name == "" {
		return u.name
	}
	return u.name + ":" + server.name
}

// serverOptions reads a request's body. JupyterHub 6 accepts user_options beside
// display_name, or the bare options; an empty body repeats the options of the last
// start. Before version 6 the whole body is the options, and an empty object counts
// as well.
func serverOptions(body []byte, hubMajor int) (options any, hasOptions bool, rejection *httpResponse) {
	if len(body) == 0 {
		return nil, false, nil
	}
	value, err := loads(string(body))
	if err != nil {
		return nil, false, hubError(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	members, ok := value.(object)
	switch {
	case hubMajor < 6 && value == nil:
		return nil, false, nil
	case hubMajor < 6 && !ok:
		// The Hub stores it as the options, and the start fails.
		return nil, false, hubInternalError()
	case hubMajor < 6:
		return value, true, nil
	case value == nil, value == "", value == false:
		return nil, false, nil
	case !ok:
		return nil, false, hubError(http.StatusBadRequest, "Body must be a JSON object")
	case len(members) == 0:
		return nil, false, nil
	}
	inner, wrapped := members.get("user_options")
	_, named := members.get("display_name")
	if !wrapped && !named {
		return members, true, nil
	}
	if inner == nil {
		return nil, false, nil
	}
	if _, ok := inner.(object); !ok {
		return nil, false, hubError(http.StatusBadRequest, "user_options must be an object or null")
	}
	return inner, true, nil
}

// spawn starts a server according to its profile. A start that takes longer than
// the Hub holds its response returns 202. It ends after a client has followed its
// progress or read the model a few times.
func (s *Server) spawn(server *hubServer) *httpResponse {
	server.startError = ""
	server.started = s.clock.now()
	profile := ""
	if members, ok := server.options.(object); ok {
		value, _ := members.get("profile")
		profile, _ = value.(string)
	}
	switch profile {
	case profileHooked:
		members, _ := server.options.(object)
		server.options = append(slices.Clone(members), member{"node", "n1"})
		server.setState("", true)
		return hubEmptyResponse(http.StatusCreated)
	case profileBroken:
		server.startError = "no node has room for it"
		if s.hubMajor() < 6 {
			return hubError(http.StatusInternalServerError, "error")
		}
		return hubInternalError()
	case profileRefused:
		server.startError = "HTTP 409: error (quota reached)"
		return hubError(http.StatusConflict, "quota reached")
	case profileSlow, profileLate, profileStuck:
		server.setState("spawn", false)
		server.modelReads = 0
		if profile != profileStuck {
			server.continueStart = func() {
				server.continueStart = nil
				s.runAfter(s.cfg.StartDelay, func() { s.finishSpawn(server, profile == profileLate) })
			}
		}
		return hubEmptyResponse(http.StatusAccepted)
	default:
		server.setState("", true)
		return hubEmptyResponse(http.StatusCreated)
	}
}

// isActive reports whether the server runs, starts or stops.
func (server *hubServer) isActive() bool { return server.isReady || server.pending != "" }

// finishSpawn ends a start that is still pending.
func (s *Server) finishSpawn(server *hubServer, hasFailed bool) {
	if server.pending != "spawn" {
		return
	}
	if hasFailed {
		server.startError = "no node came up"
	}
	server.setState("", !hasFailed)
}

// stopServer is DELETE /users/NAME/server and /servers/SRV.
func stopServer(s *Server, call *hubCall) *httpResponse {
	if rejection := call.requireScope("delete:servers"); rejection != nil {
		return rejection
	}
	u := s.state.users[call.userName]
	if u == nil {
		return hubError(http.StatusNotFound, nil)
	}
	var options struct {
		Remove bool `json:"remove"`
	}
	if len(call.body) > 0 && json.Unmarshal(call.body, &options) != nil {
		return hubError(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	server := u.serverByName(call.serverName)
	switch {
	case call.serverName == "" && options.Remove:
		return hubError(http.StatusBadRequest, "Cannot delete the default server")
	case server == nil && call.serverName != "":
		return hubError(http.StatusNotFound, fmt.Sprintf("%s has no server named '%s'", u.name, call.serverName))
	case server != nil && server.pending == "spawn" && call.hubMajor < 5:
		return hubError(http.StatusBadRequest, logName(u, server)+" is pending spawn, please wait")
	case server != nil:
		if server.pending == "spawn" {
			server.startError = "Spawn cancelled"
		}
		server.setState("", false)
	}
	if options.Remove {
		u.servers = slices.DeleteFunc(u.servers, func(element *hubServer) bool { return element == server })
	}
	return (&httpResponse{status: http.StatusNoContent}).setHeader("X-Jupyterhub-Version", hubVersion)
}

func hubEmptyResponse(status int) *httpResponse {
	return (&httpResponse{status: status, contentType: "text/plain"}).setHeader("X-Jupyterhub-Version", hubVersion)
}

// serverPath is the server's path on the proxy.
func (o *account) serverPath(server *hubServer) string {
	if server.name == "" {
		return "/user/" + o.name + "/"
	}
	return "/user/" + o.name + "/" + server.name + "/"
}

// serverModels holds the servers that run, start or stop.
func (o *account) serverModels() object {
	models := object{}
	for _, server := range o.servers {
		if !server.isActive() {
			continue
		}
		if server.modelReads++; server.continueStart != nil && server.modelReads > 2 {
			server.continueStart()
		}
		var pending any
		if server.pending != "" {
			pending = server.pending
		}
		api := "/hub/api/users/" + o.name + "/server"
		if server.name != "" {
			api += "s/" + server.name
		}
		models = append(models, member{server.name, object{
			{"name", server.name},
			{"display_name", server.name},
			{"full_name", o.name + "/" + server.name},
			{"last_activity", isoFormat(server.started)},
			{"started", isoFormat(server.started)},
			{"pending", pending},
			{"ready", server.isReady},
			{"stopped", false},
			{"url", o.serverPath(server)},
			{"user_options", server.options},
			{"progress_url", api + "/progress"},
			{"full_url", nil},
			{"full_progress_url", nil},
		}})
	}
	return models
}

// defaultServerState returns the default server's path and pending state for the
// user's model.
func (o *account) defaultServerState() (address, pending any) {
	server := o.serverByName("")
	if server == nil {
		return nil, nil
	}
	if server.isReady {
		address = o.serverPath(server)
	}
	if server.pending != "" {
		pending = server.pending
	}
	return address, pending
}
