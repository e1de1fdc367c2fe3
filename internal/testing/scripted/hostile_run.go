// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// HostileCall is a request of a client that must survive hostile responses.
type HostileCall struct {
	// Request is "METHOD path", as for On.
	Request string
	// IgnoresBody means that the response is not decoded.
	IgnoresBody bool
	// TakesLarge also sends the responses that take a while. One call for each way
	// to read a body is enough.
	TakesLarge bool
	// Send sends the request through the transport.
	Send func(ctx context.Context, t *transport.Client) error
}

// RunHostileCases sends each call once to a server that returns each hostile
// response. It fails unless the call ends in a printable error after one request and
// with little memory, and unless no redirect is followed.
func RunHostileCases(t *testing.T, prefix string, auth transport.Auth, calls map[string]HostileCall) {
	t.Helper()
	var redirected atomic.Int32
	otherServer := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { redirected.Add(1) }))
	t.Cleanup(func() {
		otherServer.Close()
		if redirected.Load() != 0 {
			t.Errorf("a redirect was followed %d times", redirected.Load())
		}
	})
	for callName, call := range calls {
		for caseName, hostile := range HostileCases(otherServer.URL + "/x") {
			if call.IgnoresBody && hostile.HasValidStatus || hostile.IsLarge && !call.TakesLarge {
				continue
			}
			t.Run(callName+": "+caseName, func(t *testing.T) {
				t.Parallel()
				server := New(t, prefix)
				server.On(call.Request, hostile.Reply)
				// A busy machine needs a while for a gigabyte.
				cfg := transport.Config{BaseURL: server.Base, Auth: auth, BypassesProxy: true, RequestTimeout: 10 * time.Minute}
				if hostile.TimesOut {
					cfg.RequestTimeout = time.Second
				}
				sender, err := transport.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				err = call.Send(t.Context(), sender)
				hostile.Check(t, err)
				server.Expect(t, call.Request)
			})
		}
	}
}

// KindName returns the name that a HostileCase gives to the kind of an error, or
// "none" if it is not a transport.Error.
func KindName(err error) string {
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return "none"
	}
	return map[transport.Kind]string{
		transport.KindStatus: "status", transport.KindRedirect: "redirect", transport.KindNoResponse: "no response", transport.KindBody: "body",
	}[failure.Kind]
}
