// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

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
	var redirected atomic.Int32
	otherServer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { redirected.Add(1) }))
	t.Cleanup(func() {
		otherServer.Close()
		if redirected.Load() != 0 {
			t.Errorf("a redirect was followed %d times", redirected.Load())
		}
	})
	kinds := map[transport.Kind]string{
		transport.KindStatus: "status", transport.KindRedirect: "redirect", transport.KindNoResponse: "no answer", transport.KindBody: "body",
	}
	for request, call := range map[string]func(context.Context, *catalog.Client) error{
		collectionRequest: func(ctx context.Context, c *catalog.Client) error {
			_, err := c.GetCollection(ctx, "sentinel-2-l2a")
			return err
		},
		containerRequest: func(ctx context.Context, c *catalog.Client) error {
			_, err := c.ContainerToken(ctx, "sentinel2l2a01", "sentinel2-l2")
			return err
		},
	} {
		for name, hostile := range scripted.Cases(otherServer.URL + "/x") {
			if hostile.Heavy && request == collectionRequest {
				continue // One of the two requests is enough for a case that takes a second.
			}
			t.Run(request+": "+name, func(t *testing.T) {
				t.Parallel()
				server := scripted.New(t, "/api")
				server.On(request, hostile.Reply)
				cfg := transport.Config{BaseURL: server.Base, Auth: transport.KeyAuth(catalog.SubscriptionKeyHeader, secret.New("sesame")), NoProxy: true}
				if hostile.Short {
					cfg.RequestTimeout = time.Second
				}
				sender, err := transport.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				err = call(t.Context(), catalog.New(sender, sender))
				kind := "none"
				if failure, ok := errors.AsType[*transport.Error](err); ok {
					kind = kinds[failure.Kind]
				}
				hostile.Judge(t, kind, err)
				server.Expect(t, request)
			})
		}
	}
}
