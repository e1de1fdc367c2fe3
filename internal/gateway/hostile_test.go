// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// calls are all requests that the client makes. Stopping reads no JSON. Those
// that are flooded stand for the three ways to read a body.
var calls = map[string]struct {
	request string
	blind   bool
	flooded bool
	do      func(ctx context.Context, c *gateway.Client) error
}{
	"list": {request: list, flooded: true, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.ListClusters(ctx); return err }},
	"get":  {request: get, flooded: true, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.GetCluster(ctx, name); return err }},
	"credentials": {request: get, do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.GetCredentials(ctx, name)
		return err
	}},
	"create":  {request: create, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.CreateCluster(ctx, nil); return err }},
	"options": {request: options, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.Options(ctx); return err }},
	"version": {request: "GET /api/version", do: func(ctx context.Context, c *gateway.Client) error { _, err := c.Version(ctx); return err }},
	"health":  {request: "GET /api/health", do: func(ctx context.Context, c *gateway.Client) error { return c.Health(ctx) }},
	"scale": {request: "POST /api/v1/clusters/" + name + "/scale", do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.ChangeWorkersOnce(ctx, name, "scale", map[string]int64{"count": 1})
		return err
	}},
	"adapt": {request: "POST /api/v1/clusters/" + name + "/adapt", do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.ChangeWorkersOnce(ctx, name, "adapt", gateway.Adaptive{Active: true})
		return err
	}},
	"workers": {request: counts, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.Workers(ctx, name); return err }},
	"capacity": {request: account, do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.Capacity(ctx, name)
		return err
	}},
	"stop": {request: stop, blind: true, flooded: true, do: func(ctx context.Context, c *gateway.Client) error { return c.StopCluster(ctx, name) }},
}

var kindNames = map[transport.Kind]string{
	transport.KindStatus: "status", transport.KindRedirect: "redirect", transport.KindNoResponse: "no answer", transport.KindBody: "body",
}

func kindName(err error) string {
	var failure *transport.Error
	if !errors.As(err, &failure) {
		return "none"
	}
	return kindNames[failure.Kind]
}

// TestHostileAnswers gives every answer that no gateway gives to every request.
// Each is asked for once, ends in an error that can be shown, and costs little.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(func() {
		elsewhere.Close()
		if strayed.Load() != 0 {
			t.Errorf("a redirect was followed %d times", strayed.Load())
		}
	})
	for called, call := range calls {
		for answer, hostile := range scripted.Cases(elsewhere.URL + "/x") {
			if call.blind && hostile.Body || !call.flooded && hostile.Heavy {
				continue
			}
			t.Run(called+": "+answer, func(t *testing.T) {
				t.Parallel()
				server := scripted.New(t, prefix)
				server.On(call.request, hostile.Reply)
				err := call.do(t.Context(), hostileClient(t, server, hostile.Short))
				hostile.Judge(t, kindName(err), err)
				server.Expect(t, call.request)
			})
		}
	}
}

// hostileClient is impatient with a server that holds the connection.
func hostileClient(t *testing.T, server *scripted.Server, impatient bool) *gateway.Client {
	t.Helper()
	// A machine with other work takes its time over a gigabyte.
	cfg := transport.Config{BaseURL: server.Base, Auth: transport.JupyterHubAuth(secret.New("sesame")), NoProxy: true, RequestTimeout: 10 * time.Minute}
	if impatient {
		cfg.RequestTimeout = time.Second
	}
	sender, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return gateway.New(gateway.Config{Transport: sender, Clock: clock.NewFake(start)})
}
