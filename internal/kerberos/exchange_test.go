// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// useKeytab gives the client a keytab with alice's key.
func (k *testRealm) useKeytab(kdc *fakeKDC) {
	k.t.Helper()
	content, err := kdc.clientKeys.Marshal()
	if err != nil {
		k.t.Fatal(err)
	}
	k.cfg.Keytab = k.write("alice.keytab", string(content))
}

// TestAuth_getsTicketsWithKeytab has a KDC that requires pre-authentication. A new ticket
// replaces one that has expired.
func TestAuth_getsTicketsWithKeytab(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	kdc := newFakeKDC(t, k.serviceKeys)
	k.useKDC(kdc.listen())
	k.useKeytab(kdc)
	now := &offsetClock{}
	k.cfg.Clock = now
	base, _ := k.serve(func(http.ResponseWriter, *http.Request) {})
	client := k.client(base)
	for _, want := range []int32{1, 1, 2} {
		if want == 2 {
			now.offset.Store(int64(time.Hour))
			kdc.lifetime.Store(int64(2 * time.Hour))
		}
		if _, err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"clusters"}}); err != nil {
			t.Fatal(err)
		}
		if kdc.authentications.Load() != want || kdc.grants.Load() != want {
			t.Errorf("%d authentications and %d grants, want %d each", kdc.authentications.Load(), kdc.grants.Load(), want)
		}
	}
}

// TestAuth_getsTicketWithCachedTicket has a cache without a ticket for the service.
func TestAuth_getsTicketWithCachedTicket(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	kdc := newFakeKDC(t, k.serviceKeys)
	kdc.grantingKeys = newKeys(t, "krbtgt/"+realm, "the KDC's")
	k.useKDC(kdc.listen())
	k.writeCache(clock.Real().Now().Add(time.Hour), false)
	base, _ := k.serve(func(http.ResponseWriter, *http.Request) {})
	if err := k.do(base); err != nil {
		t.Fatal(err)
	}
	if kdc.authentications.Load() != 0 || kdc.grants.Load() != 1 {
		t.Errorf("%d authentications and %d grants, want 0 and 1", kdc.authentications.Load(), kdc.grants.Load())
	}
}

// TestAuth_reportsWrongKey has a keytab from before a change of the password.
func TestAuth_reportsWrongKey(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	kdc := newFakeKDC(t, k.serviceKeys)
	k.useKDC(kdc.listen())
	k.useKeytab(kdc)
	kdc.clientKeys = newKeys(t, "alice", "another password")
	base, count := k.serve(func(http.ResponseWriter, *http.Request) {})
	if err := k.do(base); err == nil || !strings.Contains(err.Error(), "refuses the keytab's key of alice@PC.TEST. The keytab is older than the password") || count.Load() != 0 {
		t.Errorf("%v after %d requests", err, count.Load())
	}
}

// TestAuth_manyCallersShareOneTicket: every caller gets a different token.
func TestAuth_manyCallersShareOneTicket(t *testing.T) {
	t.Parallel()
	const callers = 50
	k := newTestRealm(t)
	kdc := newFakeKDC(t, k.serviceKeys)
	k.useKDC(kdc.listen())
	k.useKeytab(kdc)
	auth, err := kerberos.New(t.Context(), k.cfg)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	tokens := map[string]bool{}
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			token, err := auth.Authorization(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			tokens[token] = true
		})
	}
	all.Wait()
	if len(tokens) != callers || kdc.grants.Load() != 1 {
		t.Errorf("%d different tokens from %d tickets, want %d from 1", len(tokens), kdc.grants.Load(), callers)
	}
}

// TestAuth_callerNeedNotWaitForOthers uses a KDC that ignores four callers, which
// give up. The fifth gets its ticket at once: in less time than one attempt at a
// silent KDC.
func TestAuth_callerNeedNotWaitForOthers(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	kdc := newFakeKDC(t, k.serviceKeys)
	working := kdc.listen()
	var silent atomic.Bool
	silent.Store(true)
	received := make(chan struct{}, 10)
	k.useKDC(scripted.ListenTCP(t, func(connection net.Conn) {
		request, err := readRequest(connection)
		if err != nil {
			return
		}
		received <- struct{}{}
		if silent.Load() {
			// The read ends when the client closes the connection.
			_, _ = readRequest(connection)
			return
		}
		if err := forward(working, connection, request); err != nil {
			t.Error(err)
		}
	}))
	k.useKeytab(kdc)
	auth, err := kerberos.New(t.Context(), k.cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := auth.Authorization(ctx)
			failed, ok := errors.AsType[*transport.Error](err)
			if !errors.Is(err, context.Canceled) || !ok || failed.Kind != transport.KindTicket {
				t.Errorf("a caller that gave up: %v", err)
			}
		})
	}
	<-received
	// A caller that gives up does not end the wait of the others, and they do not delay
	// it.
	expired, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer end()
	if _, err := auth.Authorization(expired); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller with a short time: %v", err)
	}
	cancel()
	all.Wait()
	silent.Store(false)
	short, stop := context.WithTimeout(t.Context(), 4*time.Second)
	defer stop()
	if _, err := auth.Authorization(short); err != nil {
		t.Errorf("the fifth: %v", err)
	}
}
