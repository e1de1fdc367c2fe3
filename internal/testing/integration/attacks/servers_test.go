// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !race

package attacks_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// attackers is the number of requests at the same time, and attackSize the size of one
// response.
const (
	attackers  = 64
	attackSize = 4_600_000
)

func serverAttacks() map[string]attack {
	apply := []string{"apply", "-auto-approve", "-no-color"}
	objects := `{"a": [` + strings.Repeat(`{"":{}},`, attackSize/8) + `1]}`
	return map[string]attack{
		"an event without end":             {prepare: progressStream("data: {}\n"), command: apply},
		"events without end":               {prepare: progressStream("data: {\"progress\": 1, \"message\": \"" + strings.Repeat("x", 1000) + "\"}\n\n"), command: apply},
		"a refused CONNECT that stalls":    {prepare: stallingProxy, want: []string{"Blocked by the network's policy"}},
		"large responses at the same time": {prepare: largeResponses(objects), want: []string{"one value in the response has more than 20000 elements"}},
		"a response without end":           {prepare: endlessResponse(`{"a": "`, "x"), want: []string{"one value in the response is longer than 1 MiB"}},
		"a response of spaces without end": {prepare: endlessResponse("", " "), want: []string{"longer than"}},
		"a response that never begins":     {prepare: silentServer},
		"an error message without end":     {prepare: endlessError, want: []string{"500"}},
		"a header of 500 KB":               {prepare: longHeader, want: []string{"server response headers exceeded"}},
	}
}

// progressStream sends the line for ever as the progress of a server that never starts.
func progressStream(line string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		mock, err := mockserver.Start(mockserver.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(mock.Close)
		target, err := url.Parse(mock.URL())
		if err != nil {
			t.Fatal(err)
		}
		forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
		underWay := make(chan struct{}, 1)
		front := startServer(t, func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/progress") {
				forward.ServeHTTP(rw, r)
				return
			}
			rw.Header().Set("Content-Type", "text/event-stream")
			sendForEver(rw, strings.Repeat(line, 100), underWay)
		})
		w.Setenv("PC_HUB_ADDRESS="+front, "PC_API_TOKEN="+mock.NewToken("alice"))
		w.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n  user_options = { profile = \"stuck\" }\n}\n")
		return underWay
	}
}

// stallingProxy refuses every CONNECT, and keeps the connection open after a part of its
// message.
func stallingProxy(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	t.Helper()
	underWay := make(chan struct{}, 1)
	proxy := startServer(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(rw, "<html><title>Blocked by the network's policy</title>")
		_ = http.NewResponseController(rw).Flush()
		signal(underWay)
		<-r.Context().Done()
	})
	w.Setenv("PC_ADDRESS=https://gateway.example.test/", "PC_API_TOKEN=a-token", "PC_HTTP_PROXY="+proxy, "PC_MAX_RETRIES=0")
	w.Write("main.tf", readClusters)
	return underWay
}

// readClusters reads many clusters at the same time.
var readClusters = fmt.Sprintf("data \"pc_dask_cluster\" \"test\" {\n  count = %d\n  name  = \"%032x\"\n}\n", attackers, 1)

// gatewayWith makes every response of a gateway one of the handler.
func gatewayWith(handle func(rw http.ResponseWriter, r *http.Request, underWay chan<- struct{})) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		underWay := make(chan struct{}, 1)
		address := startServer(t, func(rw http.ResponseWriter, r *http.Request) { handle(rw, r, underWay) })
		w.Setenv("PC_ADDRESS="+address, "PC_API_TOKEN=a-token", "PC_MAX_RETRIES=0", fmt.Sprintf("PC_MAX_CONNECTIONS=%d", attackers))
		w.Write("main.tf", readClusters)
		return underWay
	}
}

func largeResponses(options string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return gatewayWith(func(rw http.ResponseWriter, _ *http.Request, underWay chan<- struct{}) {
		rw.Header().Set("Content-Type", "application/json")
		signal(underWay)
		_, _ = fmt.Fprintf(rw, `{"name": "%032x", "status": "RUNNING", "start_time": 1, "dashboard_route": "/x", "options": %s}`, 1, options)
	})
}

func endlessResponse(begin, part string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return gatewayWith(func(rw http.ResponseWriter, _ *http.Request, underWay chan<- struct{}) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, begin)
		sendForEver(rw, strings.Repeat(part, 10_000), underWay)
	})
}

var silentServer = gatewayWith(func(_ http.ResponseWriter, r *http.Request, underWay chan<- struct{}) {
	signal(underWay)
	<-r.Context().Done()
})

var endlessError = gatewayWith(func(rw http.ResponseWriter, _ *http.Request, underWay chan<- struct{}) {
	rw.Header().Set("Content-Type", "text/plain")
	rw.WriteHeader(http.StatusInternalServerError)
	sendForEver(rw, strings.Repeat("x", 10_000), underWay)
})

var longHeader = gatewayWith(func(rw http.ResponseWriter, _ *http.Request, underWay chan<- struct{}) {
	signal(underWay)
	rw.Header().Set("Location", "/"+strings.Repeat("x", 500_000))
	rw.WriteHeader(http.StatusFound)
})

func startServer(t *testing.T, handle http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/"
}

// sendForEver sends the part until the client closes the connection.
func sendForEver(w io.Writer, part string, underWay chan<- struct{}) {
	for {
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
		signal(underWay)
	}
}

func signal(underWay chan<- struct{}) {
	select {
	case underWay <- struct{}{}:
	default:
	}
}
