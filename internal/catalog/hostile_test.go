// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog_test

import (
	"context"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// TestClient_survivesHostileResponses sends responses that neither service sends. Each
// ends in a printable error after one request and with little memory, and the key never
// reaches another host.
func TestClient_survivesHostileResponses(t *testing.T) {
	t.Parallel()
	scripted.RunHostileCases(t, "/api", transport.KeyAuth(catalog.SubscriptionKeyHeader, secret.New("sesame")), map[string]scripted.HostileCall{
		"collection": {Request: collectionRequest, Send: func(ctx context.Context, sender *transport.Client) error {
			_, err := catalog.New(sender, sender).GetCollection(ctx, "sentinel-2-l2a")
			return err
		}},
		"container": {Request: containerRequest, TakesLarge: true, Send: func(ctx context.Context, sender *transport.Client) error {
			_, err := catalog.New(sender, sender).ContainerToken(ctx, "sentinel2l2a01", "sentinel2-l2", 0)
			return err
		}},
	})
}
