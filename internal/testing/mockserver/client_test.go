// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const clustersPath = "api/v1/clusters/"

// startMock starts a mock that stops with the test.
func startMock(t *testing.T, cfg mockserver.Config) *mockserver.Server {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// testClient sends requests of one user with net/http only.
type testClient struct {
	t       *testing.T
	http    *http.Client
	gateway string
	hub     string
	token   string
}

func newClient(t *testing.T, server *mockserver.Server, token string) *testClient {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &testClient{
		t: t, gateway: server.GatewayURL(), hub: server.HubURL() + "hub/api", token: token,
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// testResponse is a response with its body.
type testResponse struct {
	*http.Response
	body string
}

func (c *testClient) do(ctx context.Context, method, address, body string, header map[string]string) (testResponse, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return testResponse{}, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return testResponse{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return testResponse{response, string(text)}, err
}

// tryGateway sends a request to the gateway as the user and may fail.
func (c *testClient) tryGateway(ctx context.Context, method, path, body string) (testResponse, error) {
	return c.do(ctx, method, c.gateway+path, body, map[string]string{"Authorization": "jupyterhub " + c.token})
}

func (c *testClient) send(method, address, body string, header map[string]string) testResponse {
	c.t.Helper()
	got, err := c.do(c.t.Context(), method, address, body, header)
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// callGateway sends a request to the gateway as the user.
func (c *testClient) callGateway(method, path, body string) testResponse {
	c.t.Helper()
	return c.send(method, c.gateway+path, body, map[string]string{"Authorization": "jupyterhub " + c.token})
}

// callHub sends a request to the Hub as the user.
func (c *testClient) callHub(method, path, body string) testResponse {
	c.t.Helper()
	return c.send(method, c.hub+path, body, map[string]string{"Authorization": "token " + c.token})
}

// expect fails the test unless the response has the status and the body.
func (r testResponse) expect(t *testing.T, status int, body string) {
	t.Helper()
	if r.StatusCode != status || r.body != body {
		t.Errorf("%s %s\n got %d %s\nwant %d %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.body, status, body)
	}
}

// field returns a member of the response's JSON object.
func field[T any](t *testing.T, response testResponse, name string) T {
	t.Helper()
	var object map[string]json.RawMessage
	var value T
	if err := json.Unmarshal([]byte(response.body), &object); err != nil {
		t.Fatalf("%d %s: %v", response.StatusCode, response.body, err)
	}
	if err := json.Unmarshal(object[name], &value); err != nil {
		t.Fatalf("%s of %s: %v", name, response.body, err)
	}
	return value
}

// create creates a cluster and waits until it is no longer PENDING.
func (c *testClient) create(options string) (name string) {
	c.t.Helper()
	name = field[string](c.t, c.callGateway(http.MethodPost, clustersPath, `{"cluster_options": `+options+`}`), "name")
	c.callGateway(http.MethodGet, clustersPath+name+"?wait", "")
	return name
}

// waitUntil repeats the condition every millisecond until it is true.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-limit.C:
			t.Fatalf("%s: timeout after 10 s", what)
		}
	}
}
