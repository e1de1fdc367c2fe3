// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	user = "alice"
	note = "ours"
	// awaitLimit is far beyond what any event takes.
	awaitLimit = time.Minute
)

// World is where a row happens: the servers, the clock by which the provider
// waits, and what other people have on the servers.
type World struct {
	Mock  *mockserver.Server
	Clock *clock.Fake
	// Other is another server, which nothing must ever reach.
	Other *mockserver.Server

	t *testing.T
	// theirClusters and theirTokens are not the configuration's.
	theirClusters, theirTokens map[string]bool
	token                      string
}

// AddTheirs makes a cluster of the same user that is not the configuration's.
func (w *World) AddTheirs(options map[string]any) {
	w.theirClusters[w.Mock.AddCluster(user, options)] = true
}

// AddTheirToken makes a token of the same user that is not the configuration's,
// and returns its id.
func (w *World) AddTheirToken(note string) string {
	id := w.Mock.AddToken(user, note)
	w.theirTokens[id] = true
	return id
}

// Name returns the name of the configuration's newest cluster.
func (w *World) Name() string {
	w.t.Helper()
	ours := w.ours()
	if len(ours) == 0 {
		w.t.Fatal("there is no cluster yet")
	}
	return ours[len(ours)-1].Name
}

// TokenID returns the id of the configuration's token.
func (w *World) TokenID() string {
	w.t.Helper()
	for _, each := range w.Mock.Tokens(user) {
		if each.Note == note && !w.theirTokens[each.ID] {
			return each.ID
		}
	}
	w.t.Fatal("there is no token yet")
	return ""
}

// Await waits until such a request has been answered.
func (w *World) Await(method, path string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), awaitLimit)
	defer cancel()
	if err := w.Mock.AwaitRequest(ctx, method, path); err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// ours are the configuration's clusters, ended ones included.
func (w *World) ours() []mockserver.Cluster {
	var found []mockserver.Cluster
	for _, each := range w.Mock.Clusters(user) {
		if !w.theirClusters[each.Name] {
			found = append(found, each)
		}
	}
	return found
}

// Running are those of the configuration's clusters that have not ended.
func (w *World) Running() []mockserver.Cluster {
	var found []mockserver.Cluster
	for _, each := range w.ours() {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			found = append(found, each)
		}
	}
	return found
}

// tokens are the ids of the configuration's tokens.
func (w *World) tokens() []string {
	var found []string
	for _, each := range w.Mock.Tokens(user) {
		if each.Note == note && !w.theirTokens[each.ID] {
			found = append(found, each.ID)
		}
	}
	return found
}

// servers counts the Hub's servers that run, start or stop.
func (w *World) servers() int {
	count := 0
	for _, each := range w.Mock.HubServers(user) {
		if each.Ready || each.Pending != "" {
			count++
		}
	}
	return count
}

// always is how often a fault happens that does not pass.
const always = 1 << 20

// fails lets requests go wrong.
func fails(method, path string, fault mockserver.Fault) func(*World) {
	fault.Method, fault.Path = method, path
	return func(w *World) { w.Mock.FailNext(fault) }
}

// all does one thing after the other.
func all(steps ...func(*World)) func(*World) {
	return func(w *World) {
		for _, step := range steps {
			step(w)
		}
	}
}

// interrupted presses Ctrl-C when such a request has been answered.
func interrupted(method, path string) func(*World, *terraform.Process) {
	return func(w *World, p *terraform.Process) {
		w.Await(method, path)
		p.Signal(os.Interrupt)
	}
}

// The answers that the servers and the proxies before them were seen to give.

// text is an answer of the gateway's proxy or of aiohttp.
func text(status int, body string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "text/plain; charset=utf-8", Body: body}
}

// refusal is an error of the gateway's API.
func refusal(status int, words string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "application/json; charset=utf-8", Body: fmt.Sprintf(`{"error": %q}`, words)}
}

// hubRefusal is an error of the Hub's API.
func hubRefusal(status int, words string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "application/json", Body: fmt.Sprintf(`{"status": %d, "message": %q}`, status, words)}
}

// page is an answer of a proxy.
func page(status int) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "text/html", Body: "<html><title>" + http.StatusText(status) + "</title></html>"}
}

// late is a proxy's answer to a request that has been carried out.
func late(status int) mockserver.Fault {
	fault := page(status)
	fault.HandleRequest = true
	return fault
}

// times repeats a fault.
func times(count int, fault mockserver.Fault) mockserver.Fault {
	fault.Times = count
	return fault
}

var (
	crash       = text(http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
	noRoutes    = text(http.StatusNotFound, "Not Found\n")
	badToken    = refusal(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
	busy        = mockserver.Fault{Status: http.StatusTooManyRequests, ContentType: "text/plain", Body: "slow down", Header: http.Header{"Retry-After": {"1"}}}
	signIn      = mockserver.Fault{Status: http.StatusFound, Header: http.Header{"Location": {"/hub/login?next=%2F"}}}
	signInPage  = mockserver.Fault{Status: http.StatusOK, ContentType: "text/html", Body: "<html><title>Sign in</title></html>"}
	dropped     = mockserver.Fault{Drop: mockserver.DropBeforeHandling}
	answerLost  = mockserver.Fault{Drop: mockserver.DropAfterHandling}
	answerTorn  = mockserver.Fault{Drop: mockserver.DropMidResponse}
	gatewayDown = mockserver.GatewayUnavailable()
)

// Paths of the API's parts, as the mock sees them.
const (
	clusters  = "*/api/v1/clusters/"
	anyOne    = "*/api/v1/clusters/*"
	adaptPath = "*/adapt"
	scalePath = "*/scale"
	counts    = "*/counts.json"
	options   = "*/api/v1/options"
	tokenList = "*/users/alice/tokens"
	oneToken  = "*/users/alice/tokens/*"
)

// ProviderBlock points the provider at the mock, with further arguments.
func (w *World) ProviderBlock(arguments string) string {
	return w.providerBlock(w.Mock.GatewayURL(), arguments)
}

func (w *World) providerBlock(address, arguments string) string {
	return fmt.Sprintf("provider \"pc\" {\n  address = %q\n  api_token = %q\n  %s\n}\n", address, w.token, strings.TrimSpace(arguments))
}

// revoke takes away the provider's own token.
func (w *World) revoke() {
	w.t.Helper()
	for _, each := range w.Mock.Tokens(user) {
		if each.Note == "for the tests" {
			w.Mock.RevokeToken(user, each.ID)
		}
	}
}
