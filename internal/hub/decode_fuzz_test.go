// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// newFuzzedHub starts a Hub that responds to every request with the body of the
// fuzzer.
func newFuzzedHub(f *testing.F) (setBody func([]byte), newClient func() *hub.Client) {
	f.Helper()
	server := scripted.NewFuzzed(f, pathPrefix, "application/json")
	sender, err := transport.New(transport.Config{BaseURL: server.Base, Auth: transport.TokenAuth(secret.New("sesame")), BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	return server.Set, func() *hub.Client { return hub.New(sender, clock.NewFake(startTime)) }
}

// checkDecoded fails if the client accepted an invalid response, or if its error is too
// long, not printable or contains the token.
func checkDecoded(t *testing.T, err error, isValid bool, value any) {
	t.Helper()
	if err == nil {
		if !isValid {
			t.Errorf("the client accepted %+v", value)
		}
		return
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != transport.KindBody {
		t.Fatalf("%T: %v", err, err)
	}
	if text := err.Error(); len(text) > 2000 || strings.Contains(text, "sesame") || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("the error is too long, not printable or contains the token: %q", text)
	}
}

// isDecodable reports whether a token has an id that fits into a path, and a creation
// time that fits into a state.
func isDecodable(token hub.Token) bool {
	_, err := time.Parse(time.RFC3339Nano, token.Created.Format(time.RFC3339Nano))
	path := url.PathEscape(token.ID)
	return err == nil && !token.Created.IsZero() && path == token.ID && strings.Trim(path, ".") != ""
}

func FuzzDecodeTokens(f *testing.F) {
	f.Add([]byte(tokenJSON("a12", "ci", startTime, `, "token": "0123456789abcdef"`)))
	f.Add([]byte(tokenJSON("a12", "sesame", startTime, `, "token": "sesame", "expires_at": "2026-11-23T08:00:00Z"`)))
	f.Add([]byte(tokenJSON("../a", "x", startTime, `, "note": {"a": [1, null]}, "token": "a\nb"`)))
	f.Add([]byte(`{"id": "a12", "created": "0001-01-01T00:00:00Z", "note": null, "token": "x"}`))
	f.Add([]byte(`{"id": "a12", "created": "9999-12-31T23:59:59.999999-23:59", "note": null, "token": "x"}`))
	f.Add([]byte(`{"id": 12, "created": 5}`))
	f.Add([]byte(`null`))
	setBody, newClient := newFuzzedHub(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, response []byte) {
		setBody(response)
		ctx := context.Background()
		created, err := client.CreateToken(ctx, "alice", hub.TokenRequest{Note: "ci"})
		value := created.Value.Reveal()
		checkDecoded(t, err, isDecodable(created) && value != "" && !strings.ContainsAny(value, " \r\n\x00"), created)
		if text := fmt.Sprintf("%+v %v", created, err); len(value) > 8 && strings.Contains(text, value) && !strings.Contains(created.Note+created.ID+created.User+strings.Join(created.Scopes, " "), value) {
			t.Errorf("the value is in %q", text)
		}
		read, err := client.GetToken(ctx, "alice", "a12")
		checkDecoded(t, err, isDecodable(read) && read.ID == "a12", read)
		// The body as the members of a list, and as a list.
		for _, body := range []string{fmt.Sprintf(`{"api_tokens": [%s, %s]}`, response, response), fmt.Sprintf(`{"api_tokens": %s}`, response)} {
			setBody([]byte(body))
			tokens, _, err := client.ListTokens(ctx, "alice")
			for _, token := range tokens {
				checkDecoded(t, err, isDecodable(token), token)
			}
			checkDecoded(t, err, true, nil)
		}
	})
}

func FuzzDecodeUser(f *testing.F) {
	for _, body := range []string{
		`{"kind": "user", "name": "alice", "admin": false, "scopes": ["self"]}`, `{"kind": "service", "name": "test-admin", "scopes": []}`,
		`{"name": ".."}`, `{"name": "%2e%2e"}`, `{"name": "a/b"}`, `{"name": "a\nb"}`, `{"name": "sesame", "scopes": "sesame"}`, `{"name": ["x"]}`, `null`, `{`, "\xff",
	} {
		f.Add([]byte(body))
	}
	setBody, newClient := newFuzzedHub(f)
	f.Fuzz(func(t *testing.T, response []byte) {
		setBody(response)
		client := newClient()
		account, err := client.Self(context.Background())
		checkDecoded(t, err, strings.Trim(account.Name, ".") != "" && !slices.ContainsFunc(slices.Collect(maps.Values(account.Servers)), func(s hub.Server) bool {
			return !strings.HasPrefix(s.URL, "/") && !strings.HasPrefix(strings.ToLower(s.URL), "http")
		}), account)
		owner, err := client.Whoami(context.Background())
		checkDecoded(t, err, strings.Trim(owner.Name, ".") != "" && !strings.ContainsAny(owner.Name, "/\\\r\n\x00"), owner)
	})
}
