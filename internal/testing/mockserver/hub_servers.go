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

// hubServer is a notebook server of a user, one that has ended included.
type hubServer struct {
	name    string
	options any
	// pending is "spawn" or "stop", or "".
	pending string
	ready   bool
	started time.Time
	// failure is why the last start failed, "" if it did not.
	failure string
	// watched lets a slow start go on: nobody would see anything of it otherwise.
	// It is nil for other starts, and once it has been called.
	watched func()
	looks   int
	// moved is closed when the server has become another.
	moved chan struct{}
}

// The profiles with which a start goes wrong, or takes its time, as in the
// configuration of the real servers.
const (
	profileSlow    = "slow"
	profileStuck   = "stuck"
	profileBroken  = "broken"
	profileRefused = "refused"
	profileLate    = "late"
	// With this one the hook before the start adds an option.
	profileHooked = "hooked"
)

// HubServer is what a test may know of a notebook server.
type HubServer struct {
	Name, Pending string
	Ready         bool
	Options       any
}

// HubServers returns a user's servers, those that do not run included, by name.
func (s *Server) HubServers(user string) []HubServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []HubServer
	if u := s.state.users[user]; u != nil {
		for _, one := range u.servers {
			found = append(found, HubServer{Name: one.name, Pending: one.pending, Ready: one.ready, Options: toGo(one.options)})
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
	one := u.server(name)
	if one == nil {
		one = &hubServer{name: name, moved: make(chan struct{})}
		u.servers = append(u.servers, one)
	}
	one.options = value
	s.spawn(one)
}

// CullHubServer stops a notebook server as jupyterhub-idle-culler does.
func (s *Server) CullHubServer(user, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.state.users[user]; u != nil {
		if one := u.server(name); one != nil {
			one.become("", false)
		}
	}
}

func (o *owner) server(name string) *hubServer {
	at := slices.IndexFunc(o.servers, func(one *hubServer) bool { return one.name == name })
	if at < 0 {
		return nil
	}
	return o.servers[at]
}

func (one *hubServer) become(pending string, ready bool) {
	one.pending, one.ready = pending, ready
	close(one.moved)
	one.moved = make(chan struct{})
}

// serverName is what JupyterHub 6 takes (jupyterhub/handlers, valid_server_name).
var validServerName = regexp.MustCompile(`^[a-z](?:-?[a-z0-9]){0,29}$`)

// startServer is POST /users/NAME/server and /servers/SRV.
func startServer(s *Server, call *hubCall) *reply {
	scope := "start:servers"
	if call.release < 6 {
		scope = "servers"
	}
	if refused := call.need(scope); refused != nil {
		return refused
	}
	u := s.state.users[call.name]
	if u == nil {
		return hubRefuse(http.StatusNotFound, nil)
	}
	options, given, refused := serverOptions(call.body, call.release)
	if refused != nil {
		return refused
	}
	if call.release >= 6 && call.server != "" && !validServerName.MatchString(call.server) {
		return hubRefuse(http.StatusBadRequest, "Invalid server_name: '"+call.server+"'")
	}
	one := u.server(call.server)
	if one == nil {
		one = &hubServer{name: call.server, options: object{}, moved: make(chan struct{})}
		u.servers = append(u.servers, one)
	}
	switch {
	case one.pending == "spawn":
		return hubText(http.StatusAccepted)
	case one.pending != "":
		return hubRefuse(http.StatusBadRequest, logName(u, one)+" is pending "+one.pending)
	case one.ready:
		return hubRefuse(http.StatusBadRequest, logName(u, one)+" is already running")
	}
	if given {
		one.options = options
	}
	return s.spawn(one)
}

// logName is spawner._log_name: the default server has the user's name alone.
func logName(u *owner, one *hubServer) string {
	if one.name == "" {
		return u.name
	}
	return u.name + ":" + one.name
}

// serverOptions reads a body as JupyterHub 6 does: user_options beside
// display_name, or the options alone. Nothing, and what is empty, leaves those of
// the last start. Before that the whole body was the options, an empty object as
// well.
func serverOptions(body []byte, release int) (options any, given bool, refused *reply) {
	if len(body) == 0 {
		return nil, false, nil
	}
	value, err := loads(string(body))
	if err != nil {
		return nil, false, hubRefuse(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	members, ok := value.(object)
	switch {
	case release < 6 && value == nil:
		return nil, false, nil
	case release < 6 && !ok:
		// It becomes the options all the same, with which nothing starts.
		return nil, false, hubCrash()
	case release < 6:
		return value, true, nil
	case value == nil, value == "", value == false:
		return nil, false, nil
	case !ok:
		return nil, false, hubRefuse(http.StatusBadRequest, "Body must be a JSON object")
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
		return nil, false, hubRefuse(http.StatusBadRequest, "user_options must be an object or null")
	}
	return inner, true, nil
}

// spawn starts a server in the way of its profile. A start that takes longer than
// the Hub holds back its answer is answered with 202; it ends when somebody has
// followed its progress, or has looked at it a few times.
func (s *Server) spawn(one *hubServer) *reply {
	one.failure = ""
	one.started = s.now.now()
	profile := ""
	if members, ok := one.options.(object); ok {
		value, _ := members.get("profile")
		profile, _ = value.(string)
	}
	switch profile {
	case profileHooked:
		members, _ := one.options.(object)
		one.options = append(slices.Clone(members), member{"node", "n1"})
		one.become("", true)
		return hubText(http.StatusCreated)
	case profileBroken:
		one.failure = "no node has room for it"
		if s.release() < 6 {
			return hubRefuse(http.StatusInternalServerError, "error")
		}
		return hubCrash()
	case profileRefused:
		one.failure = "HTTP 409: error (quota reached)"
		return hubRefuse(http.StatusConflict, "quota reached")
	case profileSlow, profileLate, profileStuck:
		one.become("spawn", false)
		one.looks = 0
		if profile != profileStuck {
			one.watched = func() {
				one.watched = nil
				s.later(s.cfg.StartDelay, func() { s.spawned(one, profile == profileLate) })
			}
		}
		return hubText(http.StatusAccepted)
	default:
		one.become("", true)
		return hubText(http.StatusCreated)
	}
}

// spawned ends a start, if it goes on still.
func (s *Server) spawned(one *hubServer, failed bool) {
	if one.pending != "spawn" {
		return
	}
	if failed {
		one.failure = "no node came up"
	}
	one.become("", !failed)
}

// stopServer is DELETE of the same.
func stopServer(s *Server, call *hubCall) *reply {
	if refused := call.need("delete:servers"); refused != nil {
		return refused
	}
	u := s.state.users[call.name]
	if u == nil {
		return hubRefuse(http.StatusNotFound, nil)
	}
	var options struct {
		Remove bool `json:"remove"`
	}
	if len(call.body) > 0 && json.Unmarshal(call.body, &options) != nil {
		return hubRefuse(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	one := u.server(call.server)
	switch {
	case call.server == "" && options.Remove:
		return hubRefuse(http.StatusBadRequest, "Cannot delete the default server")
	case one == nil && call.server != "":
		return hubRefuse(http.StatusNotFound, fmt.Sprintf("%s has no server named '%s'", u.name, call.server))
	case one != nil && one.pending == "spawn" && call.release < 5:
		return hubRefuse(http.StatusBadRequest, logName(u, one)+" is pending spawn, please wait")
	case one != nil:
		if one.pending == "spawn" {
			one.failure = "Spawn cancelled"
		}
		one.become("", false)
	}
	if options.Remove {
		u.servers = slices.DeleteFunc(u.servers, func(each *hubServer) bool { return each == one })
	}
	return (&reply{status: http.StatusNoContent}).set("X-Jupyterhub-Version", hubVersion)
}

func hubText(status int) *reply {
	return (&reply{status: status, contentType: "text/plain"}).set("X-Jupyterhub-Version", hubVersion)
}

// serverPath is where the server is on the proxy.
func (o *owner) serverPath(one *hubServer) string {
	if one.name == "" {
		return "/user/" + o.name + "/"
	}
	return "/user/" + o.name + "/" + one.name + "/"
}

// serverModels are the servers that run, start or stop.
func (o *owner) serverModels() object {
	models := object{}
	for _, one := range o.servers {
		if !one.ready && one.pending == "" {
			continue
		}
		if one.looks++; one.watched != nil && one.looks > 2 {
			one.watched()
		}
		var pending any
		if one.pending != "" {
			pending = one.pending
		}
		api := "/hub/api/users/" + o.name + "/server"
		if one.name != "" {
			api += "s/" + one.name
		}
		models = append(models, member{one.name, object{
			{"name", one.name},
			{"display_name", one.name},
			{"full_name", o.name + "/" + one.name},
			{"last_activity", isoFormat(one.started)},
			{"started", isoFormat(one.started)},
			{"pending", pending},
			{"ready", one.ready},
			{"stopped", false},
			{"url", o.serverPath(one)},
			{"user_options", one.options},
			{"progress_url", api + "/progress"},
			{"full_url", nil},
			{"full_progress_url", nil},
		}})
	}
	return models
}

// defaultServer is the path and the state of the default server in the user's
// model.
func (o *owner) defaultServer() (address, pending any) {
	one := o.server("")
	if one == nil {
		return nil, nil
	}
	if one.ready {
		address = o.serverPath(one)
	}
	if one.pending != "" {
		pending = one.pending
	}
	return address, pending
}
