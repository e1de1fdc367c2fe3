// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// newFuzzedClient returns a client of a server that sends the fuzzed body as every
// response.
func newFuzzedClient(f *testing.F) (*scripted.Fuzzed, *catalog.Client) {
	f.Helper()
	server := scripted.NewFuzzed(f, "/api", "application/json")
	sender, err := transport.New(transport.Config{BaseURL: server.Base, BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	return server, catalog.New(sender, sender)
}

// FuzzDecodeCollection checks that an accepted response describes the requested collection
// and has an object as its assets.
func FuzzDecodeCollection(f *testing.F) {
	f.Add([]byte(collectionJSON(`, "msft:region": "westeurope", "msft:storage_account": "s", "msft:container": "c", "assets": {"a": {"href": "h"}}`)))
	for _, members := range []string{`, "assets": []`, `, "assets": null`, `, "msft:region": 5`, `, "id": "naip"`, `, "title": "\u001b[2J"`} {
		f.Add([]byte(collectionJSON(members)))
	}
	f.Add([]byte(`{"type": "Collection\n", "id": "sentinel-2-l2a"}`))
	f.Add([]byte("null"))
	f.Add([]byte("\xff"))
	server, client := newFuzzedClient(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		server.Set(body)
		got, err := client.GetCollection(context.Background(), "sentinel-2-l2a")
		if err != nil {
			scripted.ExpectPrintable(t, err)
			return
		}
		var assets map[string]any
		if len(got.Assets) > 0 && json.Unmarshal(got.Assets, &assets) != nil || got.ID != "sentinel-2-l2a" {
			t.Errorf("%+v was accepted", got)
		}
	})
}

// FuzzDecodeToken checks that an accepted response has a signature, and an expiry that a
// state can hold, and that no error contains a token.
func FuzzDecodeToken(f *testing.F) {
	for _, body := range []string{
		`{"msft:expiry": "2026-11-23T09:00:00Z", "token": "st=1&se=2&sig=abc%3Dabc%3D"}`, `{"msft:expiry": "0000-01-01T00:00:00+23:59", "token": "sig=abcabcabc"}`,
		`{"msft:expiry": "9999-12-31T23:59:59-01:00", "token": "sig=abcabcabc"}`, `{"msft:expiry": null, "token": "sig=%zz"}`, `{"msft:expiry": "abcabcabc", "token": "abcabcabc"}`, `{"token": ["sig=abcabcabc"]}`, `null`, `[`,
	} {
		f.Add([]byte(body))
	}
	server, client := newFuzzedClient(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		server.Set(body)
		token, err := client.CollectionToken(context.Background(), "sentinel-2-l2a", 0)
		if err != nil {
			scripted.ExpectPrintable(t, err)
			return
		}
		value := token.Value.Reveal()
		values, parseErr := url.ParseQuery(value)
		_, timeErr := time.Parse(time.RFC3339, token.ExpiresAt.Format(time.RFC3339))
		if parseErr != nil || !values.Has("sig") || timeErr != nil {
			t.Errorf("%q until %s was accepted", value, token.ExpiresAt)
		}
		if strings.Contains(fmt.Sprintf("%+v", token), value) {
			t.Error("the token is printed")
		}
	})
}
