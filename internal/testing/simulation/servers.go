// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	serverType = "pc_hub_server"
	// startedBy is an option of each server, which says who started it.
	startedBy = "started_by"
	us, them  = "terraform", "rival"
)

// serverNames are the names of the servers by address. "" is the default server.
var serverNames = map[string]string{"s1": "gpu", "s2": ""}

// serverRivals are the servers of the second client.
type serverRivals struct {
	// running are those that the second client has started and not stopped, with the
	// time of the start.
	running map[string]time.Time
	// hasActed is set if it started or stopped one since the command began.
	hasActed bool
}

// changeServers draws which servers the configuration has from now on.
func (w *world) changeServers() {
	if !w.extras.servers {
		return
	}
	for _, address := range addresses(serverNames) {
		if w.extras.oneIn(3) && len(w.config) > 0 {
			continue
		}
		delete(w.config, address)
		if w.extras.oneIn(4) {
			continue
		}
		profile := []string{"small", "large", "slow"}[w.extras.random.IntN(3)]
		attributes := map[string]any{"user_options": map[string]any{"profile": profile, startedBy: us}}
		if name := serverNames[address]; name != "" {
			attributes["name"] = name
		}
		w.config[address] = configured{serverType, attributes}
	}
}

// actAsServerRival starts or stops a server now and then, until the command has ended.
func (w *world) actAsServerRival(draw *rand.Rand, done <-chan struct{}) {
	if !w.extras.servers {
		return
	}
	for range draw.IntN(3) {
		select {
		case <-w.after(time.Duration(1 + draw.Int64N(int64(20*time.Second)))):
		case <-done:
			return
		}
		name := []string{"gpu", ""}[draw.IntN(2)]
		w.mu.Lock()
		w.serverRivals.hasActed = true
		isActive := slices.ContainsFunc(w.activeServers(), func(each mockserver.HubServer) bool { return each.Name == name })
		if isActive {
			w.mock.CullHubServer(user, name)
			delete(w.serverRivals.running, name)
		} else {
			w.mock.StartHubServer(user, name, `{"profile": "theirs", "`+startedBy+`": "`+them+`"}`)
			w.serverRivals.running[name] = w.clock.Now()
		}
		w.mu.Unlock()
		w.note("rival: server %q, was active %t", name, isActive)
	}
}

// recordServerStart records the start of a server whose response reaches the provider. The
// caller holds the lock.
func (w *world) recordServerStart(r mockserver.Request, fault mockserver.Fault) {
	name, isNamed := strings.CutPrefix(r.Path, "/hub/api/users/"+user+"/servers/")
	isStart := r.Method == http.MethodPost && (isNamed || r.Path == "/hub/api/users/"+user+"/server")
	if !isStart || fault.Drop != mockserver.NoDrop || fault.Status != 0 || fault.RequestDelay+fault.ResponseDelay > requestTimeout {
		return
	}
	if !isNamed {
		name = ""
	}
	w.serverCreatedAt[name] = w.clock.Now().Add(fault.RequestDelay)
}

// activeServers returns the servers that run, start or stop.
func (w *world) activeServers() []mockserver.HubServer {
	return slices.DeleteFunc(w.mock.HubServers(user), func(each mockserver.HubServer) bool { return !each.Ready && each.Pending == "" })
}

func starter(server mockserver.HubServer) string {
	options, _ := server.Options.(map[string]any)
	by, _ := options[startedBy].(string)
	return by
}

// checkServers checks that no server is lost, and that those of the second client are
// taken only with the warning.
func (w *world) checkServers() {
	inState := w.serversInState()
	active := map[string]string{}
	for _, each := range w.activeServers() {
		active[each.Name] = starter(each)
		if starter(each) == us && !inState[each.Name] {
			if !w.isServerNamed(each.Name) && w.unknownServers == 0 {
				w.fail("the server %q is lost: it is active, in no state and in no diagnostic", each.Name)
			}
			// The user stops a server that a diagnostic names, or that a command was
			// starting when it was killed.
			w.mock.CullHubServer(user, each.Name)
		}
	}
	w.mu.Lock()
	running := maps.Clone(w.serverRivals.running)
	w.mu.Unlock()
	for name, startedAt := range running {
		isTheirs := active[name] == them
		// A server of this name was in the state when the second client started it.
		wasManaged := w.hadServer[name] || inState[name] && startedAt.After(w.serverCreatedAt[name])
		if isTheirs && !inState[name] || wasManaged {
			continue
		}
		if !slices.ContainsFunc(w.lastDiagnosed, func(text string) bool { return strings.Contains(text, "is not confirmed") }) {
			w.fail("the rival's server %q was taken without a warning (active %t, in the state %t)", name, isTheirs, inState[name])
		}
	}
	for name := range running {
		if active[name] != them {
			w.mu.Lock()
			delete(w.serverRivals.running, name)
			w.mu.Unlock()
		}
	}
}

// isServerNamed reports whether a diagnostic of the last command says that the server may
// run.
func (w *world) isServerNamed(name string) bool {
	title := "server " + name + " of " + user
	if name == "" {
		title = "default server of " + user
	}
	return slices.ContainsFunc(w.lastDiagnosed, func(text string) bool {
		return strings.HasPrefix(text, "It is not known whether the "+title+" was started\n")
	})
}

// serversInState returns the names of the servers in the state.
func (w *world) serversInState() map[string]bool {
	names := map[string]bool{}
	for _, each := range w.state {
		if each.typeName == serverType {
			names[each.name] = true
		}
	}
	return names
}
