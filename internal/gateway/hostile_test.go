// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"testing"

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
	"options": {request: options, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.ReadOptionsOnce(ctx); return err }},
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

func kindName(err error) string { return scripted.KindName(err) }

// TestHostileAnswers gives every answer that no gateway gives to every request.
// Each is asked for once, ends in an error that can be shown, and costs little.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	hostileCalls := map[string]scripted.HostileCall{}
	for called, call := range calls {
		hostileCalls[called] = scripted.HostileCall{
			Request: call.request, IgnoresBody: call.blind, TakesLarge: call.flooded,
			Send: func(ctx context.Context, sender *transport.Client) error {
				return call.do(ctx, gateway.New(gateway.Config{Transport: sender, Clock: clock.NewFake(start)}))
			},
		}
	}
	scripted.RunHostileCases(t, prefix, transport.JupyterHubAuth(secret.New("sesame")), hostileCalls)
}
