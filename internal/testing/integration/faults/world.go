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
	configUser = "alice"
	tokenNote  = "ours"
	// awaitLimit is much longer than any event takes.
	awaitLimit = time.Minute
)

// World contains the servers of a test, the clock by which the provider waits, and
// the clusters and tokens of other clients.
type World struct {
	Mock  *mockserver.Server
	Clock *clock.Fake
	// Other is another server, which must never receive a request.
	Other *mockserver.Server
	// GeoCatalog is nil in rows that need none.
	GeoCatalog *mockserver.GeoCatalog

	t *testing.T
	// otherClusters and otherTokens do not belong to the configuration.
	otherClusters, otherTokens map[string]bool
	token                      string
}

// AddOtherCluster creates a cluster of the same user outside the configuration.
func (w *World) AddOtherCluster(options map[string]any) {
	w.otherClusters[w.Mock.AddCluster(configUser, options)] = true
}

// AddOtherToken creates a token of the same user outside the configuration and
// returns its ID.
func (w *World) AddOtherToken(note string) string {
	id := w.Mock.AddToken(configUser, note)
	w.otherTokens[id] = true
	return id
}

// NewestCluster returns the name of the configuration's newest cluster.
func (w *World) NewestCluster() string {
	w.t.Helper()
	ours := w.configClusters()
	if len(ours) == 0 {
		w.t.Fatal("there is no cluster yet")
	}
	return ours[len(ours)-1].Name
}

// TokenID returns the ID of the configuration's token.
func (w *World) TokenID() string {
	w.t.Helper()
	for _, each := range w.Mock.Tokens(configUser) {
		if w.isConfigToken(each) {
			return each.ID
		}
	}
	w.t.Fatal("there is no token yet")
	return ""
}

// Await waits until the mock has responded to such a request.
func (w *World) Await(method, path string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), awaitLimit)
	defer cancel()
	if err := w.Mock.AwaitRequest(ctx, method, path); err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
}

// configClusters returns the configuration's clusters, including ended ones.
func (w *World) configClusters() []mockserver.Cluster {
	var found []mockserver.Cluster
	for _, each := range w.Mock.Clusters(configUser) {
		if !w.otherClusters[each.Name] {
			found = append(found, each)
		}
	}
	return found
}

// Running returns the configuration's clusters that have not ended.
func (w *World) Running() []mockserver.Cluster {
	var found []mockserver.Cluster
	for _, each := range w.configClusters() {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			found = append(found, each)
		}
	}
	return found
}

// isConfigToken reports whether the configuration created the token, with its own
// note or the default one.
func (w *World) isConfigToken(token mockserver.Token) bool {
	return (token.Note == tokenNote || strings.HasPrefix(token.Note, "Managed by Terraform")) && !w.otherTokens[token.ID]
}

// configTokenIDs returns the IDs of the configuration's tokens.
func (w *World) configTokenIDs() []string {
	var found []string
	for _, each := range w.Mock.Tokens(configUser) {
		if w.isConfigToken(each) {
			found = append(found, each.ID)
		}
	}
	return found
}

// activeServers counts the Hub servers that run, start or stop.
func (w *World) activeServers() int {
	count := 0
	for _, each := range w.Mock.HubServers(configUser) {
		if each.Ready || each.Pending != "" {
			count++
		}
	}
	return count
}

// everyTime is the number of times a permanent fault occurs.
const everyTime = 1 << 20

// failRequests makes requests to a path fail.
func failRequests(method, path string, fault mockserver.Fault) func(*World) {
	fault.Method, fault.Path = method, path
	return func(w *World) { w.Mock.FailNext(fault) }
}

// inOrder runs the steps one after the other.
func inOrder(steps ...func(*World)) func(*World) {
	return func(w *World) {
		for _, step := range steps {
			step(w)
		}
	}
}

// interruptAfter sends the interrupt of Ctrl-C when the mock has responded to such
// a request.
func interruptAfter(method, path string) func(*World, *terraform.Process) {
	return func(w *World, p *terraform.Process) {
		w.Await(method, path)
		p.Signal(os.Interrupt)
	}
}

// The responses below were recorded from the servers and the proxies in front of
// them.

// textResponse is a response of the gateway's proxy or of aiohttp.
func textResponse(status int, body string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "text/plain; charset=utf-8", Body: body}
}

// refusal is an error of the gateway's API.
func refusal(status int, message string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "application/json; charset=utf-8", Body: fmt.Sprintf(`{"error": %q}`, message)}
}

// hubRefusal is an error of the Hub's API.
func hubRefusal(status int, message string) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "application/json", Body: fmt.Sprintf(`{"status": %d, "message": %q}`, status, message)}
}

// htmlResponse is a response of a proxy.
func htmlResponse(status int) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "text/html", Body: "<html><title>" + http.StatusText(status) + "</title></html>"}
}

// afterHandling is a proxy's response to a request that the server has handled.
func afterHandling(status int) mockserver.Fault {
	fault := htmlResponse(status)
	fault.HandleRequest = true
	return fault
}

// repeated returns a fault that occurs count times.
func repeated(count int, fault mockserver.Fault) mockserver.Fault {
	fault.Times = count
	return fault
}

var (
	internalError         = textResponse(http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
	noRoute               = textResponse(http.StatusNotFound, "Not Found\n")
	badToken              = refusal(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
	rateLimited           = mockserver.Fault{Status: http.StatusTooManyRequests, ContentType: "text/plain", Body: "slow down", Header: http.Header{"Retry-After": {"1"}}}
	signInRedirect        = mockserver.Fault{Status: http.StatusFound, Header: http.Header{"Location": {"/hub/login?next=%2F"}}}
	signInPage            = mockserver.Fault{Status: http.StatusOK, ContentType: "text/html", Body: "<html><title>Sign in</title></html>"}
	droppedBeforeHandling = mockserver.Fault{Drop: mockserver.DropBeforeHandling}
	responseLost          = mockserver.Fault{Drop: mockserver.DropAfterHandling}
	responseCutOff        = mockserver.Fault{Drop: mockserver.DropMidResponse}
	gatewayDown           = mockserver.GatewayUnavailable()
)

// Paths of the APIs, as patterns of the mock.
const (
	clustersPath     = "*/api/v1/clusters/"
	anyClusterPath   = "*/api/v1/clusters/*"
	adaptPath        = "*/adapt"
	scalePath        = "*/scale"
	workerCountsPath = "*/counts.json"
	optionsPath      = "*/api/v1/options"
	tokensPath       = "*/users/alice/tokens"
	anyTokenPath     = "*/users/alice/tokens/*"
)

// ProviderBlock configures the provider for the mock, with further arguments.
func (w *World) ProviderBlock(arguments string) string {
	return w.providerBlock(w.Mock.GatewayURL(), arguments)
}

func (w *World) providerBlock(address, arguments string) string {
	if w.GeoCatalog != nil {
		arguments += w.geoCatalogArguments()
	}
	return fmt.Sprintf("provider \"pc\" {\n  address = %q\n  api_token = %q\n  %s\n}\n", address, w.token, strings.TrimSpace(arguments))
}

// revokeProviderToken revokes the provider's own token.
func (w *World) revokeProviderToken() {
	w.t.Helper()
	for _, each := range w.Mock.Tokens(configUser) {
		if each.Note == "for the tests" {
			w.Mock.RevokeToken(configUser, each.ID)
		}
	}
}
