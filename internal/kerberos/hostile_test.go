// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const hugeCount = 0x7fffffff

// craftedCache is a small cache of alice. After its principal, change appends an
// invalid credential.
func craftedCache(change func(out *bytes.Buffer)) string {
	out := bytes.NewBuffer([]byte{5, 4, 0, 0})
	alice := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice")
	appendPrincipal(out, alice)
	change(out)
	return out.String()
}

func appendNumbers(out *bytes.Buffer, numbers ...any) {
	for _, number := range numbers {
		_ = binary.Write(out, binary.BigEndian, number)
	}
}

// beginCredential appends a credential up to its list of addresses.
func beginCredential(out *bytes.Buffer) {
	appendPrincipal(out, types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "alice"))
	appendPrincipal(out, types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm))
	appendNumbers(out, uint16(18))
	appendField(out, make([]byte, 32))
	appendNumbers(out, [4]uint32{0, 0, hugeCount, 0}, uint8(0), uint32(0))
}

// hostileInputs are files and KDCs that demand more memory or time than is available.
// want is the resulting message.
func hostileInputs() map[string]struct {
	prepare func(k *testRealm)
	want    string
} {
	const invalidCache = "the credential cache FILE:DIR/cache (KRB5CCNAME) is not a valid credential cache. Run `klist`"
	configure := func(k *testRealm, text string) { k.cfg.ConfigFiles = k.write("hostile.conf", text) }
	kdc := func(k *testRealm, handle func(net.Conn)) {
		k.writeCache(clock.Real().Now().Add(time.Hour), false)
		k.useKDC(scripted.ListenTCP(k.t, func(connection net.Conn) {
			if _, err := readRequest(connection); err == nil {
				handle(connection)
			}
		}))
	}
	return map[string]struct {
		prepare func(k *testRealm)
		want    string
	}{
		"cache with 2^31 addresses": {func(k *testRealm) {
			k.write("cache", craftedCache(func(out *bytes.Buffer) { beginCredential(out); appendNumbers(out, uint32(hugeCount)) }))
		}, invalidCache},
		"cache with 2^31 authorizations": {func(k *testRealm) {
			k.write("cache", craftedCache(func(out *bytes.Buffer) { beginCredential(out); appendNumbers(out, uint32(0), uint32(hugeCount)) }))
		}, invalidCache},
		"cache with a ticket of 4 GiB": {func(k *testRealm) {
			k.write("cache", craftedCache(func(out *bytes.Buffer) {
				beginCredential(out)
				appendNumbers(out, uint32(0), uint32(0), uint32(0xffffffff))
			}))
		}, invalidCache},
		"cache with 2^31 components": {func(k *testRealm) {
			k.write("cache", craftedCache(func(out *bytes.Buffer) { appendNumbers(out, uint32(1), uint32(hugeCount), uint32(0)) }))
		}, invalidCache},
		"cache with a long header": {func(k *testRealm) { k.write("cache", "\x05\x04\xff\xff") }, invalidCache},
		"cache full of empty credentials": {func(k *testRealm) {
			k.write("cache", craftedCache(func(out *bytes.Buffer) { out.Write(make([]byte, 4<<20-100)) }))
		}, ""},
		"cache above the limit":        {func(k *testRealm) { k.write("cache", strings.Repeat("x", 4<<20+1)) }, "(KRB5CCNAME) is too large: the limit is 4 MiB"},
		"cache that is a directory":    {func(k *testRealm) { k.cfg.Cache = k.dir }, "(KRB5CCNAME) is not a regular file but a directory"},
		"krb5.conf that is a folder":   {func(k *testRealm) { k.cfg.ConfigFiles = k.dir }, "read DIR: not a regular file but a directory"},
		"krb5.conf above the limit":    {func(k *testRealm) { configure(k, strings.Repeat("# a comment\n", 100_000)) }, "read DIR/hostile.conf: too large: the limit is 1 MiB"},
		"krb5.conf that includes much": {func(k *testRealm) { k.includeTree(12, 10) }, "the limit is 256 files with all that they include"},
		"krb5.conf that includes deep": {func(k *testRealm) { k.includeTree(1, 20) }, "the limit is 10 nested files"},
		"krb5.conf that is large in sum": {func(k *testRealm) {
			part := k.write("part", strings.Repeat("# a comment\n", 40_000))
			configure(k, strings.Repeat("include "+part+"\n", 10))
		}, "the limit is 1 MiB for all files together"},
		"krb5.conf with a large folder": {func(k *testRealm) {
			folder := filepath.Join(k.dir, "folder")
			if err := os.Mkdir(folder, 0o700); err != nil {
				k.t.Fatal(err)
			}
			for i := range 300 {
				k.write(fmt.Sprintf("folder/%d", i), "")
			}
			configure(k, "includedir "+folder+"\n")
		}, "read DIR/folder: too large: the limit is 256 entries"},
		"krb5.conf with many blocks": {func(k *testRealm) {
			configure(k, "[realms]\n"+strings.Repeat("a = {\n", 150_000))
			k.writeCache(clock.Real().Now().Add(time.Hour), true)
		}, ""},
		"KDC that announces 4 GiB": {func(k *testRealm) {
			kdc(k, func(connection net.Conn) {
				_, _ = connection.Write([]byte{0xff, 0xff, 0xff, 0xff})
				_, _ = readRequest(connection)
			})
		}, "its reply of 4294967295 bytes is above the limit of 1 MiB"},
		"KDC that sends zeros": {func(k *testRealm) {
			kdc(k, func(connection net.Conn) {
				_, _ = connection.Write(append([]byte{0, 0x10, 0, 0}, make([]byte, 1<<20)...))
			})
		}, "the KDC of PC.TEST issued no ticket for HTTP/127.0.0.1: "},
		"KDC that sends a short reply": {func(k *testRealm) {
			kdc(k, func(connection net.Conn) { _, _ = connection.Write([]byte{0, 0, 0, 9, 'x'}) })
		}, "by TCP: unexpected EOF"},
		"KDC that sends nothing": {func(k *testRealm) { kdc(k, func(net.Conn) {}) }, "no KDC of the realm PC.TEST responds: "},
	}
}

// useKDC writes a krb5.conf with a KDC that is reached by TCP.
func (k *testRealm) useKDC(address string) {
	k.t.Helper()
	k.cfg.ConfigFiles = k.write("tcp.conf", "[libdefaults]\nudp_preference_limit = 1\ndns_canonicalize_hostname = false\n[realms]\n"+realm+" = {\nkdc = "+address+"\n}\n")
}

// includeTree writes a krb5.conf that includes width files, each of which includes as
// many again.
func (k *testRealm) includeTree(width, depth int) {
	k.t.Helper()
	text := ""
	for level := depth; level >= 0; level-- {
		path := k.write(fmt.Sprintf("level%d", level), text)
		text = strings.Repeat("include "+path+"\n", width)
		k.cfg.ConfigFiles = path
	}
}

func TestAuth_rejectsHostileInput(t *testing.T) {
	t.Parallel()
	for name, test := range hostileInputs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTestRealm(t)
			test.prepare(k)
			auth, err := kerberos.New(t.Context(), k.cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = auth.Authorization(t.Context())
			if test.want == "" {
				return
			}
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), k.dir, "DIR"), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestNew_rejectsHostileKeytab(t *testing.T) {
	t.Parallel()
	// The smallest entry: no component, an empty realm and an empty key.
	entry := make([]byte, 4+17)
	entry[3] = 17
	for name, test := range map[string]struct{ content, want string }{
		"above the limit":        {strings.Repeat("x", 1<<20+1), "the keytab DIR/k is too large: the limit is 1 MiB"},
		"with a negative length": {"\x05\x02\x80\x00\x00\x00rest", "is not valid or has no key"},
		"with a long entry":      {"\x05\x02\x7f\xff\xff\xff\x00\x01", "is not valid or has no key"},
		"with a long realm":      {"\x05\x02\x00\x00\x00\x06\x00\x01\x7f\xff\x00\x01", "is not valid or has no key"},
		"full of empty entries":  {"\x05\x02" + strings.Repeat(string(entry), 49_000), "DIR/k has keys of @"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTestRealm(t)
			k.cfg.Keytab, k.cfg.Principal = k.write("k", test.content), "alice"
			_, err := kerberos.New(t.Context(), k.cfg)
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), k.dir, "DIR"), test.want) || len(err.Error()) > 1000 {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestNew_boundsListOfPrincipals has a keytab with many long names that would control a
// terminal.
func TestNew_boundsListOfPrincipals(t *testing.T) {
	t.Parallel()
	k := newTestRealm(t)
	content := bytes.NewBufferString("\x05\x02")
	for i := range 100 {
		name := fmt.Sprintf("%d\x1b[2J%s", i, strings.Repeat("a", 1000))
		entry := new(bytes.Buffer)
		appendNumbers(entry, uint16(1), uint16(0), uint16(len(name))) //nolint:gosec // a short name
		entry.WriteString(name)
		appendNumbers(entry, uint32(1), uint32(1), uint8(1), uint16(18), uint16(0))
		appendNumbers(content, uint32(entry.Len())) //nolint:gosec // a short entry
		content.Write(entry.Bytes())
	}
	k.cfg.Keytab, k.cfg.Principal = k.write("k", content.String()), "alice"
	_, err := kerberos.New(t.Context(), k.cfg)
	if err == nil || len(err.Error()) > 2000 || strings.Contains(err.Error(), "\x1b") || !strings.HasSuffix(err.Error(), ", others") {
		t.Errorf("%v", err)
	}
}
