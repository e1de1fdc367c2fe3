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

// requestCases are all requests that the client sends. A stop ignores the body. The
// flooded requests cover the three ways to read a body.
var requestCases = map[string]struct {
	request     string
	ignoresBody bool
	isFlooded   bool
	do          func(ctx context.Context, c *gateway.Client) error
}{
	"list": {request: listRequest, isFlooded: true, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.ListClusters(ctx); return err }},
	"get": {request: getRequest, isFlooded: true, do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.GetCluster(ctx, clusterName)
		return err
	}},
	"credentials": {request: getRequest, do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.GetCredentials(ctx, clusterName)
		return err
	}},
	"create":  {request: createRequest, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.CreateCluster(ctx, nil); return err }},
	"options": {request: optionsRequest, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.ReadOptionsOnce(ctx); return err }},
	"version": {request: "GET /api/version", do: func(ctx context.Context, c *gateway.Client) error { _, err := c.Version(ctx); return err }},
	"health":  {request: "GET /api/health", do: func(ctx context.Context, c *gateway.Client) error { return c.Health(ctx) }},
	"scale": {request: "POST /api/v1/clusters/" + clusterName + "/scale", do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.ChangeWorkersOnce(ctx, clusterName, "scale", map[string]int64{"count": 1})
		return err
	}},
	"adapt": {request: "POST /api/v1/clusters/" + clusterName + "/adapt", do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.ChangeWorkersOnce(ctx, clusterName, "adapt", gateway.Adaptive{Active: true})
		return err
	}},
	"workers": {request: countsRequest, do: func(ctx context.Context, c *gateway.Client) error { _, err := c.Workers(ctx, clusterName); return err }},
	"capacity": {request: identityRequest, do: func(ctx context.Context, c *gateway.Client) error {
		_, err := c.Capacity(ctx, clusterName)
		return err
	}},
	"stop": {request: stopRequest, ignoresBody: true, isFlooded: true, do: func(ctx context.Context, c *gateway.Client) error { return c.StopCluster(ctx, clusterName) }},
}

func kindName(err error) string { return scripted.KindName(err) }

// TestClient_survivesHostileResponses returns every response that no gateway sends, to
// every request. Each request is sent once, ends in a printable error and needs little
// memory.
func TestClient_survivesHostileResponses(t *testing.T) {
	t.Parallel()
	hostileCalls := map[string]scripted.HostileCall{}
	for label, call := range requestCases {
		hostileCalls[label] = scripted.HostileCall{
			Request: call.request, IgnoresBody: call.ignoresBody, TakesLarge: call.isFlooded,
			Send: func(ctx context.Context, sender *transport.Client) error {
				return call.do(ctx, gateway.New(gateway.Config{Transport: sender, Clock: clock.NewFake(startTime)}))
			},
		}
	}
	scripted.RunHostileCases(t, pathPrefix, transport.JupyterHubAuth(secret.New("sesame")), hostileCalls)
}
