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

const clusters = "api/v1/clusters/"

// start starts a mock that ends with the test.
func start(t *testing.T, cfg mockserver.Config) *mockserver.Server {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// client sends plain requests as one user, with net/http and nothing else.
type client struct {
	t       *testing.T
	http    *http.Client
	gateway string
	hub     string
	token   string
}

func newClient(t *testing.T, server *mockserver.Server, token string) *client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{
		t: t, gateway: server.GatewayURL(), hub: server.HubURL() + "hub/api", token: token,
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

func (c *client) do(ctx context.Context, method, address, body string, header map[string]string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{response, string(text)}, err
}

func (c *client) send(method, address, body string, header map[string]string) answer {
	c.t.Helper()
	got, err := c.do(c.t.Context(), method, address, body, header)
	if err != nil {
		c.t.Fatal(err)
	}
	return got
}

// ask asks the gateway as the user.
func (c *client) ask(method, path, body string) answer {
	c.t.Helper()
	return c.send(method, c.gateway+path, body, map[string]string{"Authorization": "jupyterhub " + c.token})
}

// askHub asks the Hub as the user.
func (c *client) askHub(method, path, body string) answer {
	c.t.Helper()
	return c.send(method, c.hub+path, body, map[string]string{"Authorization": "token " + c.token})
}

// is fails the test unless the answer has the status and the body.
func (a answer) is(t *testing.T, status int, body string) {
	t.Helper()
	if a.StatusCode != status || a.body != body {
		t.Errorf("%s %s\n got %d %s\nwant %d %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body, status, body)
	}
}

// field is a member of the answer's JSON object.
func field[T any](t *testing.T, a answer, name string) T {
	t.Helper()
	var object map[string]json.RawMessage
	var value T
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	if err := json.Unmarshal(object[name], &value); err != nil {
		t.Fatalf("%s of %s: %v", name, a.body, err)
	}
	return value
}

// create makes a cluster and waits until it is no longer PENDING.
func (c *client) create(options string) (name string) {
	c.t.Helper()
	name = field[string](c.t, c.ask(http.MethodPost, clusters, `{"cluster_options": `+options+`}`), "name")
	c.ask(http.MethodGet, clusters+name+"?wait", "")
	return name
}

// eventually repeats a look until it is satisfied. What is looked for comes
// with the next few milliseconds.
func eventually(t *testing.T, what string, look func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for !look() {
		select {
		case <-ticker.C:
		case <-limit.C:
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}
