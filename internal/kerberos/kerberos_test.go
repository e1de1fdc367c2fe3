// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	realm   = "PC.TEST"
	service = "HTTP/127.0.0.1"
	// pathPrefix is the path of the server: a gateway usually has one.
	pathPrefix = "/services/dask-gateway"
)

// testRealm is a realm with a client, alice, and a server. Its KDC returns the same error
// for every request.
type testRealm struct {
	t   *testing.T
	dir string
	cfg kerberos.Config
	// serviceKeys are the keys of the server.
	serviceKeys *keytab.Keytab
	// errorCode is the error that the KDC returns, or -1.
	errorCode   atomic.Int32
	kdcRequests atomic.Int32
}

func newTestRealm(t *testing.T) *testRealm {
	t.Helper()
	k := &testRealm{t: t, dir: t.TempDir(), serviceKeys: keytab.New()}
	k.errorCode.Store(-1)
	if err := k.serviceKeys.AddEntry(service, realm, "server's", time.Unix(1, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	k.cfg = kerberos.Config{
		Host: "127.0.0.1", Cache: "FILE:" + filepath.Join(k.dir, "cache"),
		ConfigFiles: k.write("krb5.conf", "[libdefaults]\n default_realm = "+realm+"\n dns_canonicalize_hostname = false\n[realms]\n "+
			realm+" = {\n  kdc = "+k.listen()+"\n  auth_to_local_names = {\n   a = b\n  }\n }\n"),
	}
	return k
}

func (k *testRealm) write(name, text string) string {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
	return path
}

// listen starts the KDC on UDP.
func (k *testRealm) listen() string {
	k.t.Helper()
	var config net.ListenConfig
	connection, err := config.ListenPacket(k.t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = connection.Close() })
	go func() {
		for buffer := make([]byte, 4096); ; {
			_, from, err := connection.ReadFrom(buffer)
			if err != nil {
				return
			}
			k.kdcRequests.Add(1)
			reply := messages.NewKRBError(types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm), realm, k.errorCode.Load(), "\x1b[2J\r\nApply complete!\u202e")
			if encoded, err := reply.Marshal(); err == nil {
				_, _ = connection.WriteTo(encoded, from)
			}
		}
	}()
	return connection.LocalAddr().String()
}

// appendTicket creates a ticket of alice and appends it to a credential cache (MIT's
// "Credential cache file format", version 4).
func (k *testRealm) appendTicket(out *bytes.Buffer, name string, keys *keytab.Keytab, ends time.Time) {
	k.t.Helper()
	alice, server := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice"), types.NewPrincipalName(nametype.KRB_NT_SRV_INST, name)
	begins := clock.Real().Now().Add(-time.Minute)
	ticket, key, err := messages.NewTicket(alice, realm, server, realm, types.NewKrbFlags(), keys, etypeID.AES256_CTS_HMAC_SHA1_96, 1, begins, begins, ends, begins)
	if err != nil {
		k.t.Fatal(err)
	}
	encoded, err := ticket.Marshal()
	if err != nil {
		k.t.Fatal(err)
	}
	put := func(values ...any) {
		for _, value := range values {
			_ = binary.Write(out, binary.BigEndian, value)
		}
	}
	appendPrincipal(out, alice)
	appendPrincipal(out, server)
	put(uint16(key.KeyType)) //nolint:gosec // the type of a key is small
	appendField(out, key.KeyValue)
	put(uint32(begins.Unix()), uint32(begins.Unix()), uint32(ends.Unix()), uint32(0), uint8(0), uint32(0), uint32(0), uint32(0)) //nolint:gosec // times until 2106
	appendField(out, encoded)
	appendField(out, nil)
}

func appendPrincipal(out *bytes.Buffer, name types.PrincipalName) {
	_ = binary.Write(out, binary.BigEndian, [2]uint32{uint32(name.NameType), uint32(len(name.NameString))}) //nolint:gosec // small numbers
	appendField(out, []byte(realm))
	for _, part := range name.NameString {
		appendField(out, []byte(part))
	}
}

func appendField(out *bytes.Buffer, text []byte) {
	_ = binary.Write(out, binary.BigEndian, uint32(len(text))) //nolint:gosec // a small number
	out.Write(text)
}

// writeCache writes a cache with alice's ticket-granting ticket and, if withService, the
// ticket for the service.
func (k *testRealm) writeCache(ends time.Time, withService bool) {
	k.t.Helper()
	out := bytes.NewBuffer([]byte{5, 4, 0, 0})
	appendPrincipal(out, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice"))
	granting := keytab.New()
	if err := granting.AddEntry("krbtgt/"+realm, realm, "the KDC's", time.Unix(1, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		k.t.Fatal(err)
	}
	k.appendTicket(out, "krbtgt/"+realm, granting, ends)
	if withService {
		k.appendTicket(out, service, k.serviceKeys, ends)
	}
	k.write("cache", out.String())
}

// serve starts a server that accepts tickets, and refuses tokens that it has received
// before.
func (k *testRealm) serve(inner http.HandlerFunc) (*url.URL, *atomic.Int32) {
	k.t.Helper()
	var count atomic.Int32
	authenticated := spnego.SPNEGOKRB5Authenticate(inner, k.serviceKeys)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		authenticated.ServeHTTP(w, r)
	}))
	k.t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + pathPrefix + "/")
	if err != nil {
		k.t.Fatal(err)
	}
	return base, &count
}

func (k *testRealm) do(base *url.URL) error {
	k.t.Helper()
	_, err := k.client(base).Do(k.t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"clusters"}, IsRetryable: true})
	return err
}

func (k *testRealm) client(base *url.URL) *transport.Client {
	k.t.Helper()
	auth, err := kerberos.New(k.t.Context(), k.cfg)
	if err != nil {
		k.t.Fatal(err)
	}
	c, err := transport.New(transport.Config{BaseURL: base, Auth: auth, MaxRetries: 3, RetryWaitMin: time.Millisecond, RetryWaitMax: 2 * time.Millisecond})
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

func transportError(t *testing.T, err error) *transport.Error {
	t.Helper()
	failed, ok := errors.AsType[*transport.Error](err)
	if !ok {
		t.Fatalf("%v is not a *transport.Error", err)
	}
	return failed
}

// TestAuth_sendsNewTokenWithEachAttempt uses a server that fails twice. Each retry
// must carry a new token.
func TestAuth_sendsNewTokenWithEachAttempt(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	k.writeCache(clock.Real().Now().Add(time.Hour), true)
	var accepted atomic.Int32
	tokens := map[string]bool{}
	base, count := k.serve(func(w http.ResponseWriter, r *http.Request) {
		tokens[r.Header.Get("Authorization")] = true
		if accepted.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err := k.do(base); err != nil {
		t.Fatal(err)
	}
	if count.Load() != 3 || accepted.Load() != 3 || len(tokens) != 3 {
		t.Errorf("%d requests, %d of them accepted, %d tokens, want 3 each", count.Load(), accepted.Load(), len(tokens))
	}
	if got := k.kdcRequests.Load(); got != 0 {
		t.Errorf("the KDC got %d requests for a ticket that is in the cache", got)
	}
}

func TestAuth_sendsNothingWithoutTicket(t *testing.T) {
	t.Parallel()
	hour := clock.Real().Now().Add(time.Hour)
	for name, test := range map[string]struct {
		prepare func(k *testRealm)
		want    string
	}{
		"no cache":                    {func(*testRealm) {}, "there is no ticket: the credential cache FILE:DIR/cache (KRB5CCNAME) does not exist"},
		"no krb5.conf":                {func(k *testRealm) { k.cfg.ConfigFiles = "/nowhere/krb5.conf" }, "there is no Kerberos configuration at /nowhere/krb5.conf (KRB5_CONFIG)"},
		"an expired ticket":           {func(k *testRealm) { k.writeCache(time.Unix(1_800_000_000-1e9, 0), true) }, "the ticket of alice@PC.TEST in the credential cache FILE:DIR/cache (KRB5CCNAME) expired at 1995-05-09T06:13:20Z"},
		"a cache in the kernel":       {func(k *testRealm) { k.cfg.Cache = "KEYRING:persistent:0" }, "reads only caches of type FILE. Run `kinit -c FILE:/path`"},
		"a directory of caches":       {func(k *testRealm) { k.cfg.Cache = "DIR:/tmp/tickets" }, "DIR:/tmp/tickets (KRB5CCNAME) is of type DIR"},
		"a directory":                 {func(k *testRealm) { k.cfg.Cache = k.dir }, "the credential cache FILE:DIR (KRB5CCNAME) is not a regular file but a directory"},
		"not a cache":                 {func(k *testRealm) { k.write("cache", "nonsense") }, "the credential cache FILE:DIR/cache (KRB5CCNAME) is not a valid credential cache. Run `klist`"},
		"a truncated cache":           {func(k *testRealm) { k.write("cache", "\x05\x04\x00\x00\x00\x00\x00\x01\x7f\xff\xff\xff\x00") }, "the credential cache FILE:DIR/cache (KRB5CCNAME) is not a valid credential cache. Run `klist`"},
		"an empty cache":              {func(k *testRealm) { k.write("cache", "") }, "the credential cache FILE:DIR/cache (KRB5CCNAME) is not a valid credential cache. Run `klist`"},
		"the cache of another client": {func(k *testRealm) { k.writeCache(hour, true); k.cfg.Principal = "bob" }, "has tickets of alice@PC.TEST, but principal is bob"},
		"the cache of another realm":  {func(k *testRealm) { k.writeCache(hour, true); k.cfg.Principal = "alice@OTHER" }, "but principal is alice@OTHER"},
		"an unknown service": {func(k *testRealm) {
			k.writeCache(hour, false)
			k.errorCode.Store(errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN)
		}, "the KDC of PC.TEST has no service HTTP/127.0.0.1"},
		"a clock that differs": {func(k *testRealm) { k.writeCache(hour, false); k.errorCode.Store(errorcode.KRB_AP_ERR_SKEW) }, "are too far apart"},
		"an unknown error":     {func(k *testRealm) { k.writeCache(hour, false); k.errorCode.Store(errorcode.KRB_ERR_GENERIC) }, "the KDC of PC.TEST issued no ticket for HTTP/127.0.0.1: "},
		"an unknown principal": {func(k *testRealm) {
			k.useAES128Keytab("old")
			k.errorCode.Store(errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN)
		}, "the KDC of PC.TEST has no principal alice@PC.TEST"},
		"an expired password": {func(k *testRealm) { k.useAES128Keytab("old"); k.errorCode.Store(errorcode.KDC_ERR_KEY_EXPIRED) }, "the password of alice@PC.TEST has expired"},
		"no KDC": {func(k *testRealm) {
			k.writeCache(hour, false)
			k.cfg.ConfigFiles = k.write("other.conf", "[libdefaults]\ndns_lookup_kdc = no\n[realms]\nPC.TEST = {\nkdc = https://proxy/KdcProxy\n}\n")
		}, "krb5.conf names no KDC of the realm PC.TEST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTestRealm(t)
			test.prepare(k)
			base, count := k.serve(func(http.ResponseWriter, *http.Request) {})
			failed := transportError(t, k.do(base))
			text := strings.ReplaceAll(failed.Error(), k.dir, "DIR")
			if failed.Kind != transport.KindTicket || !strings.Contains(text, test.want) || !strings.Contains(text, "GET "+pathPrefix+"/clusters was not sent: ") {
				t.Errorf("kind %d, %q, want %q", failed.Kind, text, test.want)
			}
			if failed.MayHaveArrived() || failed.Scheme != transport.SchemeKerberos || count.Load() != 0 {
				t.Errorf("%+v after %d requests", failed, count.Load())
			}
			// Each error of the KDC has a text that would control a terminal.
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("the error contains control characters: %q", text)
			}
		})
	}
}

// useAES128Keytab gives the client a keytab with one key of alice.
func (k *testRealm) useAES128Keytab(password string) {
	k.t.Helper()
	keys := keytab.New()
	if err := keys.AddEntry("alice", realm, password, time.Unix(1, 0), 1, etypeID.AES128_CTS_HMAC_SHA1_96); err != nil {
		k.t.Fatal(err)
	}
	text, err := keys.Marshal()
	if err != nil {
		k.t.Fatal(err)
	}
	k.cfg.Keytab = k.write("client.keytab", string(text))
}

func TestNew_rejectsUnusableKeytabs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(k *testRealm)
		want    string
	}{
		"a missing file":     {func(k *testRealm) { k.cfg.Keytab = "/nowhere.keytab" }, "the keytab /nowhere.keytab does not exist"},
		"a directory":        {func(k *testRealm) { k.cfg.Keytab = k.dir }, "the keytab DIR is not a regular file but a directory"},
		"another format":     {func(k *testRealm) { k.cfg.Keytab = k.write("k", "s3cr3t in a text") }, "the keytab DIR/k is not valid or has no key"},
		"a truncated keytab": {func(k *testRealm) { k.cfg.Keytab = k.write("k", "\x05\x02\x00\x00\x00\x40s3cr3t") }, "the keytab DIR/k is not valid or has no key"},
		"an empty keytab":    {func(k *testRealm) { k.cfg.Keytab = k.write("k", "\x05\x02") }, "the keytab DIR/k is not valid or has no key"},
		"of another client":  {func(k *testRealm) { k.useAES128Keytab("s3cr3t"); k.cfg.Principal = "bob" }, "no key of the principal bob; DIR/client.keytab has keys of alice@PC.TEST"},
		"of another realm":   {func(k *testRealm) { k.useAES128Keytab("s3cr3t"); k.cfg.Principal = "alice@OTHER" }, "no key of the principal alice@OTHER"},
		"an unreadable file": {func(k *testRealm) { k.useAES128Keytab("s3cr3t"); k.makeUnreadable(k.cfg.Keytab) }, "cannot be read by the user that runs Terraform"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTestRealm(t)
			test.prepare(k)
			_, err := kerberos.New(t.Context(), k.cfg)
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), k.dir, "DIR"), test.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%v, want %q", err, test.want)
			}
			if got := errors.Is(err, kerberos.ErrPrincipal); got != strings.HasPrefix(name, "of ") {
				t.Errorf("errors.Is(err, ErrPrincipal) = %v", got)
			}
		})
	}
}

// makeUnreadable removes the permission to read a file. It skips the test for root, who
// can read every file.
func (k *testRealm) makeUnreadable(path string) {
	k.t.Helper()
	if err := os.Chmod(path, 0); err != nil {
		k.t.Fatal(err)
	}
	if file, err := os.Open(path); err == nil {
		_ = file.Close()
		k.t.Skip("this user can read every file")
	}
}

// TestAuth_usesRenewedTicket has a cache whose ticket expires and is renewed.
func TestAuth_usesRenewedTicket(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	first := clock.Real().Now().Add(time.Hour)
	k.writeCache(first, true)
	now := &offsetClock{}
	k.cfg.Clock = now
	base, _ := k.serve(func(http.ResponseWriter, *http.Request) {})
	c := k.client(base)
	request := transport.Request{Method: http.MethodGet, Path: []string{"clusters"}}
	if _, err := c.Do(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	now.offset.Store(int64(time.Hour))
	if _, err := c.Do(t.Context(), request); err == nil || !strings.Contains(err.Error(), "expired at") {
		t.Errorf("with an expired ticket: %v", err)
	}
	k.writeCache(first.Add(30*time.Minute), true)
	if _, err := c.Do(t.Context(), request); err != nil {
		t.Errorf("with a renewed ticket: %v", err)
	}
}

// offsetClock is ahead of the real clock by offset nanoseconds.
type offsetClock struct{ offset atomic.Int64 }

func (c *offsetClock) Now() time.Time { return clock.Real().Now().Add(time.Duration(c.offset.Load())) }

func (c *offsetClock) Sleep(ctx context.Context, d time.Duration) error {
	return clock.Real().Sleep(ctx, d)
}

// TestAuth_endsWithContextWhileKDCIsSilent has a KDC that does not reply.
func TestAuth_endsWithContextWhileKDCIsSilent(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	k.writeCache(clock.Real().Now().Add(time.Hour), false)
	var config net.ListenConfig
	silent, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	k.cfg.ConfigFiles = k.write("silent.conf", "[realms]\nPC.TEST = {\nkdc = "+silent.LocalAddr().String()+"\n}\n")
	base, _ := k.serve(func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = k.client(base).Do(ctx, transport.Request{Method: http.MethodGet, Path: []string{"clusters"}})
	if !errors.Is(err, context.DeadlineExceeded) || transportError(t, err).Kind != transport.KindTicket {
		t.Errorf("Do() = %v", err)
	}
}
