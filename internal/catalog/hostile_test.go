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

// TestHostileAnswers gives every answer that neither service gives. Each is asked
// for once, ends in an error that can be shown, and costs little; the key goes
// nowhere else.
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
	kinds := map[transport.Kind]string{
		transport.KindStatus: "status", transport.KindRedirect: "redirect", transport.KindNoResponse: "no answer", transport.KindBody: "body",
	}
	for request, call := range map[string]func(context.Context, *catalog.Client) error{
		sentinel: func(ctx context.Context, c *catalog.Client) error {
			_, err := c.GetCollection(ctx, "sentinel-2-l2a")
			return err
		},
		container: func(ctx context.Context, c *catalog.Client) error {
			_, err := c.ContainerToken(ctx, "sentinel2l2a01", "sentinel2-l2")
			return err
		},
	} {
		for answer, hostile := range scripted.Cases(elsewhere.URL + "/x") {
			if hostile.Heavy && request == sentinel {
				continue // One of the two is enough for what takes a second each.
			}
			t.Run(request+": "+answer, func(t *testing.T) {
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
