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

func TestFault_closesConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		drop     mockserver.DropPoint
		clusters int
		status   int
	}{
		"before handling": {mockserver.DropBeforeHandling, 0, 0},
		"after handling":  {mockserver.DropAfterHandling, 1, http.StatusCreated},
		"mid response":    {mockserver.DropMidResponse, 1, http.StatusCreated},
		"at byte":         {mockserver.DropAtByte, 1, http.StatusCreated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startMock(t, mockserver.Config{})
			alice := newClient(t, server, server.NewToken("alice"))
			server.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: test.drop, ResponseBytes: 20})
			_, err := alice.tryGateway(t.Context(), http.MethodPost, clustersPath, "{}")
			if err == nil {
				t.Error("the client received a response")
			}
			if created := len(server.Clusters("alice")); created != test.clusters {
				t.Errorf("%d clusters, want %d", created, test.clusters)
			}
			requests := server.Requests()
			if len(requests) != 1 || requests[0].Status != test.status {
				t.Errorf("journal = %+v", requests)
			}
			if got := alice.callGateway(http.MethodPost, clustersPath, "{}"); got.StatusCode != http.StatusCreated {
				t.Errorf("next request: %d %s", got.StatusCode, got.body)
			}
		})
	}
}

func TestFault_sendsItsResponse(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	createCluster := func() testResponse { return alice.callGateway(http.MethodPost, clustersPath, "{}") }

	server.FailNext(mockserver.Fault{Method: http.MethodPost, Status: http.StatusBadGateway, Times: 2})
	server.FailNext(mockserver.Fault{Status: http.StatusGatewayTimeout, HandleRequest: true, ContentType: "text/html", Body: "late", Header: http.Header{"Retry-After": {"3"}}})
	alice.callGateway(http.MethodDelete, clustersPath+"x", "").expect(t, http.StatusGatewayTimeout, "late")
	createCluster().expect(t, http.StatusBadGateway, "")
	createCluster().expect(t, http.StatusBadGateway, "")
	if len(server.Clusters("alice")) != 0 {
		t.Error("the mock handled a request that it rejected")
	}

	server.FailNext(mockserver.Fault{Status: http.StatusGatewayTimeout, HandleRequest: true, ContentType: "text/html", Body: "late", Header: http.Header{"Retry-After": {"3"}}})
	late := createCluster()
	late.expect(t, http.StatusGatewayTimeout, "late")
	if late.Header.Get("Retry-After") != "3" || late.Header.Get("Content-Type") != "text/html" || len(server.Clusters("alice")) != 1 {
		t.Errorf("header %v, %d clusters", late.Header, len(server.Clusters("alice")))
	}

	server.FailNext(mockserver.GatewayUnavailable())
	unavailable := createCluster()
	if unavailable.StatusCode != http.StatusServiceUnavailable || unavailable.Header.Get("Content-Type") != "text/html" || !strings.Contains(unavailable.body, "<h1>503 : Service Unavailable</h1>") {
		t.Errorf("%d %v %s", unavailable.StatusCode, unavailable.Header, unavailable.body)
	}

	server.FailNextRoutes(1)
	restarted := alice.callGateway(http.MethodGet, clustersPath, "")
	restarted.expect(t, http.StatusNotFound, "Not Found\n")
	if restarted.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", restarted.Header)
	}
	if got := alice.callGateway(http.MethodGet, clustersPath, ""); got.StatusCode != http.StatusOK {
		t.Errorf("status after the restart: %d", got.StatusCode)
	}
}

func TestFault_callsHooksBeforeRequestAndResponse(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	type counts struct{ clusters, responses int }
	seen := make(chan counts, 2)
	count := func() { seen <- counts{len(server.Clusters("alice")), server.CountRequests(http.MethodPost, "")} }
	server.FailNext(mockserver.Fault{BeforeRequest: count, BeforeResponse: count, Drop: mockserver.DropAfterHandling})
	if _, err := alice.tryGateway(t.Context(), http.MethodPost, clustersPath, "{}"); err == nil {
		t.Error("the client received a response")
	}
	if before, after := <-seen, <-seen; before != (counts{0, 0}) || after != (counts{1, 0}) {
		t.Errorf("clusters and responses: %v before handling, %v before the response", before, after)
	}
}

func TestFault_requestDelayEndsWithTheClient(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{RequestDelay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := alice.tryGateway(ctx, http.MethodPost, clustersPath, "{}"); err == nil {
		t.Error("the response was not delayed")
	}
	// The request had arrived, so the mock handles it.
	waitUntil(t, "cluster created", func() bool { return len(server.Clusters("alice")) == 1 })
}

func TestFault_delaysResponseAfterHandling(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{ResponseDelay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		if err := server.AwaitRequest(t.Context(), http.MethodPost, ""); err != nil {
			t.Error(err)
		}
	}()
	if _, err := alice.tryGateway(ctx, http.MethodPost, clustersPath, "{}"); err == nil {
		t.Error("the client received a response")
	}
	if created := len(server.Clusters("alice")); created != 1 {
		t.Errorf("%d clusters, want 1", created)
	}
}

func TestFailEvery_untilClearFaults(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailEvery(3, mockserver.Fault{Status: http.StatusBadGateway}, mockserver.Fault{Status: http.StatusGatewayTimeout})
	var got []int
	for range 7 {
		got = append(got, alice.callGateway(http.MethodGet, clustersPath, "").StatusCode)
		alice.callHub(http.MethodGet, "/user", "")
	}
	if want := []int{200, 200, 504, 200, 200, 502, 200}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	server.ClearFaults()
	for range 3 {
		if got := alice.callGateway(http.MethodGet, clustersPath, ""); got.StatusCode != http.StatusOK {
			t.Errorf("status after ClearFaults: %d", got.StatusCode)
		}
	}
}

func TestClearFaults_removesAllFaults(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	server.FailNext(mockserver.Fault{Status: http.StatusBadGateway, Times: 9})
	server.FailNextRoutes(9)
	server.ClearFaults()
	if got := alice.callGateway(http.MethodGet, clustersPath, ""); got.StatusCode != http.StatusOK {
		t.Errorf("status after ClearFaults: %d", got.StatusCode)
	}
}

func TestJournal_countsAndLogsRequests(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := startMock(t, mockserver.Config{Log: &log})
	alice := newClient(t, server, server.NewToken("alice"))
	name := alice.create(`{}`)
	alice.callGateway(http.MethodGet, "nothing", "")
	alice.callHub(http.MethodGet, "/user", "")
	alice.token = "garbage"
	alice.callGateway(http.MethodGet, clustersPath, "")

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
		t.Errorf("first request: %+v", first)
	}
	if requests[1].Query != "wait" || requests[4].User != "" || requests[4].Status != http.StatusInternalServerError {
		t.Errorf("requests: %+v", requests)
	}
	server.ClearRequests()
	if count := server.CountRequests("", ""); count != 0 {
		t.Errorf("%d requests after ClearRequests", count)
	}
	server.Close()
	want := "POST /services/dask-gateway/api/v1/clusters/ 201 alice\nGET /services/dask-gateway/api/v1/clusters/" + name + "?wait 200 alice\n"
	if !strings.HasPrefix(log.String(), want) || strings.Count(log.String(), "\n") != 5 {
		t.Errorf("log:\n%s", log.String())
	}
}
