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

// answering is a catalog that gives the fuzzed answer to every request.
func answering(f *testing.F) (*scripted.Fuzzed, *catalog.Client) {
	f.Helper()
	server := scripted.NewFuzzed(f, "/api", "application/json")
	sender, err := transport.New(transport.Config{BaseURL: server.Base, NoProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	return server, catalog.New(sender, sender)
}

// FuzzDecodeCollection: what is taken is the collection that was asked for, and
// its assets are an object.
func FuzzDecodeCollection(f *testing.F) {
	f.Add([]byte(collection(`, "msft:region": "westeurope", "msft:storage_account": "s", "msft:container": "c", "assets": {"a": {"href": "h"}}`)))
	for _, members := range []string{`, "assets": []`, `, "assets": null`, `, "msft:region": 5`, `, "id": "naip"`, `, "title": "\u001b[2J"`} {
		f.Add([]byte(collection(members)))
	}
	f.Add([]byte(`{"type": "Collection\n", "id": "sentinel-2-l2a"}`))
	f.Add([]byte("null"))
	f.Add([]byte("\xff"))
	server, client := answering(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		server.Set(answer)
		got, err := client.GetCollection(context.Background(), "sentinel-2-l2a")
		if err != nil {
			scripted.Presentable(t, err)
			return
		}
		var assets map[string]any
		if len(got.Assets) > 0 && json.Unmarshal(got.Assets, &assets) != nil || got.ID != "sentinel-2-l2a" {
			t.Errorf("%+v was taken", got)
		}
	})
}

// FuzzDecodeToken: what is taken is a signature with an end that a state can
// hold, and no token is in an error.
func FuzzDecodeToken(f *testing.F) {
	for _, body := range []string{
		`{"msft:expiry": "2026-11-23T09:00:00Z", "token": "st=1&se=2&sig=abc%3Dabc%3D"}`, `{"msft:expiry": "0000-01-01T00:00:00+23:59", "token": "sig=abcabcabc"}`,
		`{"msft:expiry": "9999-12-31T23:59:59-01:00", "token": "sig=abcabcabc"}`, `{"msft:expiry": null, "token": "sig=%zz"}`, `{"msft:expiry": "abcabcabc", "token": "abcabcabc"}`, `{"token": ["sig=abcabcabc"]}`, `null`, `[`,
	} {
		f.Add([]byte(body))
	}
	server, client := answering(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		server.Set(answer)
		token, err := client.CollectionToken(context.Background(), "sentinel-2-l2a")
		if err != nil {
			scripted.Presentable(t, err)
			return
		}
		value := token.Value.Reveal()
		values, parseErr := url.ParseQuery(value)
		_, timeErr := time.Parse(time.RFC3339, token.ExpiresAt.Format(time.RFC3339))
		if parseErr != nil || !values.Has("sig") || timeErr != nil {
			t.Errorf("%q until %s was taken", value, token.ExpiresAt)
		}
		if strings.Contains(fmt.Sprintf("%+v", token), value) {
			t.Error("the token prints")
		}
	})
}
