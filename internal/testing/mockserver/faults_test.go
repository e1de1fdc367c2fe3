// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestFault_drops(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		drop   mockserver.DropPoint
		made   int
		status int
	}{
		"before":   {mockserver.DropBeforeHandling, 0, 0},
		"after":    {mockserver.DropAfterHandling, 1, http.StatusCreated},
		"in midst": {mockserver.DropMidResponse, 1, http.StatusCreated},
		"at byte":  {mockserver.DropAtByte, 1, http.StatusCreated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, mockserver.Config{})
			alice := newClient(t, server, server.NewToken("alice"))
			server.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: test.drop, ResponseBytes: 20})
			_, err := alice.do(t.Context(), http.MethodPost, alice.gateway+clusters, "{}", map[string]string{"Authorization": "jupyterhub " + alice.token})
			if err == nil {
				t.Error("the answer came")
			}
			if made := len(server.Clusters("alice")); made != test.made {
				t.Errorf("%d clusters, want %d", made, test.made)
			}
			requests := server.Requests()
			if len(requests) != 1 || requests[0].Status != test.status {
				t.Errorf("the journal has %+v", requests)
			}
			if got := alice.ask(http.MethodPost, clusters, "{}"); got.StatusCode != http.StatusCreated {
				t.Errorf("the next one got %d %s", got.StatusCode, got.body)
			}
		})
	}
}

func TestFault_answers(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	post := func() answer { return alice.ask(http.MethodPost, clusters, "{}") }

	server.FailNext(mockserver.Fault{Method: http.MethodPost, Status: http.StatusBadGateway, Times: 2})
	server.FailNext(mockserver.Fault{Status: http.StatusGatewayTimeout, HandleRequest: true, ContentType: "text/html", Body: "late", Header: http.Header{"Retry-After": {"3"}}})
	alice.ask(http.MethodDelete, clusters+"x", "").is(t, http.StatusGatewayTimeout, "late")
	post().is(t, http.StatusBadGateway, "")
	post().is(t, http.StatusBadGateway, "")
	if len(server.Clusters("alice")) != 0 {
		t.Error("a request that was refused was carried out")
	}

	server.FailNext(mockserver.Fault{Status: http.StatusGatewayTimeout, HandleRequest: true, ContentType: "text/html", Body: "late", Header: http.Header{"Retry-After": {"3"}}})
	late := post()
	late.is(t, http.StatusGatewayTimeout, "late")
	if late.Header.Get("Retry-After") != "3" || late.Header.Get("Content-Type") != "text/html" || len(server.Clusters("alice")) != 1 {
		t.Errorf("header %v, %d clusters", late.Header, len(server.Clusters("alice")))
	}

	server.FailNext(mockserver.GatewayUnavailable())
	down := post()
	if down.StatusCode != http.StatusServiceUnavailable || down.Header.Get("Content-Type") != "text/html" || !strings.Contains(down.body, "<h1>503 : Service Unavailable</h1>") {
		t.Errorf("%d %v %s", down.StatusCode, down.Header, down.body)
	}

	server.FailNextRoutes(1)
	restarted := alice.ask(http.MethodGet, clusters, "")
	restarted.is(t, http.StatusNotFound, "Not Found\n")
	if restarted.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", restarted.Header)
	}
	if got := alice.ask(http.MethodGet, clusters, ""); got.StatusCode != http.StatusOK {
		t.Errorf("after the restart it is %d", got.StatusCode)
	}
}

func TestFault_tellsWhenItIsCarriedOut(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	type counts struct{ clusters, answers int }
	seen := make(chan counts, 2)
	count := func() { seen <- counts{len(server.Clusters("alice")), server.CountRequests(http.MethodPost, "")} }
	server.FailNext(mockserver.Fault{BeforeRequest: count, BeforeResponse: count, Drop: mockserver.DropAfterHandling})
	if _, err := alice.do(t.Context(), http.MethodPost, alice.gateway+clusters, "{}", map[string]string{"Authorization": "jupyterhub " + alice.token}); err == nil {
		t.Error("there was an answer")
	}
	if before, after := <-seen, <-seen; before != (counts{0, 0}) || after != (counts{1, 0}) {
		t.Errorf("clusters and answers are %v before and %v afterwards", before, after)
	}
}

func TestFault_delaysUntilTheEnd(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{RequestDelay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := alice.do(ctx, http.MethodPost, alice.gateway+clusters, "{}", map[string]string{"Authorization": "jupyterhub " + alice.token}); err == nil {
		t.Error("the answer came at once")
	}
	// The request had arrived, so it is carried out.
	eventually(t, "the cluster", func() bool { return len(server.Clusters("alice")) == 1 })
}

func TestFault_lingersWhenItIsDone(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{ResponseDelay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		if err := server.AwaitRequest(t.Context(), http.MethodPost, ""); err != nil {
			t.Error(err)
		}
	}()
	if _, err := alice.do(ctx, http.MethodPost, alice.gateway+clusters, "{}", map[string]string{"Authorization": "jupyterhub " + alice.token}); err == nil {
		t.Error("the answer came")
	}
	if made := len(server.Clusters("alice")); made != 1 {
		t.Errorf("%d clusters, want 1", made)
	}
}

func TestFailEvery(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailEvery(3, mockserver.Fault{Status: http.StatusBadGateway}, mockserver.Fault{Status: http.StatusGatewayTimeout})
	var got []int
	for range 7 {
		got = append(got, alice.ask(http.MethodGet, clusters, "").StatusCode)
		alice.askHub(http.MethodGet, "/user", "")
	}
	if want := []int{200, 200, 504, 200, 200, 502, 200}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	server.ClearFaults()
	for range 3 {
		if got := alice.ask(http.MethodGet, clusters, ""); got.StatusCode != http.StatusOK {
			t.Errorf("it is still ill: %d", got.StatusCode)
		}
	}
}

func TestHeal(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{Status: http.StatusBadGateway, Times: 9})
	server.FailNextRoutes(9)
	server.ClearFaults()
	if got := alice.ask(http.MethodGet, clusters, ""); got.StatusCode != http.StatusOK {
		t.Errorf("it is still ill: %d", got.StatusCode)
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := start(t, mockserver.Config{Log: &log})
	alice := newClient(t, server, server.NewToken("alice"))
	name := alice.create(`{}`)
	alice.ask(http.MethodGet, "nothing", "")
	alice.askHub(http.MethodGet, "/user", "")
	alice.token = "garbage"
	alice.ask(http.MethodGet, clusters, "")

	for _, test := range []struct {
		method, pattern string
		count           int
	}{
		{"", "", 5},
		{http.MethodGet, "", 4},
		{http.MethodPost, "*/api/v1/clusters/", 1},
		{"", "*/api/v1/clusters/*", 3},
		{"", "*/" + name, 1},
		{"", "/services/*/nothing", 1},
		{"", "/hub/api/user", 1},
		{"", "/hub/api/use", 0},
		{"", "hub/api/user", 0},
		{http.MethodDelete, "", 0},
	} {
		if count := server.CountRequests(test.method, test.pattern); count != test.count {
			t.Errorf("%q %q: %d, want %d", test.method, test.pattern, count, test.count)
		}
	}
	requests := server.Requests()
	if first := requests[0]; string(first.Body) != `{"cluster_options": {}}` || first.User != "alice" || first.Header.Get("Authorization") == "" || first.Time.IsZero() {
		t.Errorf("the first one is %+v", first)
	}
	if requests[1].Query != "wait" || requests[4].User != "" || requests[4].Status != http.StatusInternalServerError {
		t.Errorf("they are %+v", requests)
	}
	server.ClearRequests()
	if count := server.CountRequests("", ""); count != 0 {
		t.Errorf("%d are left", count)
	}
	server.Close()
	want := "POST /services/dask-gateway/api/v1/clusters/ 201 alice\nGET /services/dask-gateway/api/v1/clusters/" + name + "?wait 200 alice\n"
	if !strings.HasPrefix(log.String(), want) || strings.Count(log.String(), "\n") != 5 {
		t.Errorf("the log is\n%s", log.String())
	}
}
