// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !race

package attacks_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const (
	realm     = "PC.TEST"
	hugeCount = uint32(0x7fffffff)
)

// kerberosAttacks are credential caches, configurations and KDCs that ask for more memory
// than there is.
func kerberosAttacks() map[string]attack {
	return map[string]attack{
		"a cache with 2^31 components": {prepare: kerberosWith(func(t *testing.T) []string {
			t.Helper()
			return []string{"KRB5CCNAME=FILE:" + writeFile(t, "cache", craftedCache()), "KRB5_CONFIG=" + writeFile(t, "krb5.conf", krb5Conf("127.0.0.1:1"))}
		}), want: []string{"(KRB5CCNAME) is not a valid credential cache"}},
		"a pipe as krb5.conf": {prepare: kerberosWith(func(t *testing.T) []string {
			t.Helper()
			path := filepath.Join(t.TempDir(), "krb5.conf")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"KRB5_CONFIG=" + path}
		}), want: []string{"krb5.conf", "not a regular file but a named pipe"}},
		"a krb5.conf that includes 12 files in 10 levels": {prepare: kerberosWith(func(t *testing.T) []string {
			t.Helper()
			path := writeFile(t, "krb5.conf", "")
			for range 10 {
				path = writeFile(t, "krb5.conf", strings.Repeat("include "+path+"\n", 12))
			}
			return []string{"KRB5_CONFIG=" + path}
		}), want: []string{"the limit is 256 files with all that they include"}},
		"a KDC that announces 4 GiB": {prepare: kerberosWith(func(t *testing.T) []string {
			t.Helper()
			return []string{
				"KRB5_CONFIG=" + writeFile(t, "krb5.conf", krb5Conf(startKDC(t))),
				"PC_KEYTAB_PATH=" + writeFile(t, "keytab", keytabOfAlice()), "PC_PRINCIPAL=alice@" + realm,
			}
		}), want: []string{"its reply of 4294967295 bytes is above the limit of 1 MiB"}},
	}
}

// kerberosWith authenticates with Kerberos.
func kerberosWith(prepare func(t *testing.T) []string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		w.Setenv(prepare(t)...)
		w.Setenv("PC_ADDRESS=http://127.0.0.1:1/", "PC_MAX_RETRIES=0")
		w.Write("main.tf", "provider \"pc\" {\n  auth = \"kerberos\"\n}\ndata \"pc_clusters\" \"test\" {}\n")
		return nil
	}
}

func krb5Conf(kdc string) string {
	return "[libdefaults]\ndefault_realm = " + realm + "\nudp_preference_limit = 1\ndns_canonicalize_hostname = false\n[realms]\n" + realm + " = {\nkdc = " + kdc + "\n}\n"
}

// startKDC starts a KDC that announces a reply of 4 GiB, and sends it.
func startKDC(t *testing.T) (address string) {
	t.Helper()
	return scripted.ListenTCP(t, func(connection net.Conn) {
		_, _ = io.ReadFull(connection, make([]byte, 4))
		_, err := connection.Write([]byte{0xff, 0xff, 0xff, 0xff})
		for err == nil {
			_, err = connection.Write(make([]byte, 10_000))
		}
	})
}

// craftedCache is a small credential cache whose second principal claims to have 2^31
// components.
func craftedCache() string {
	out := bytes.NewBuffer([]byte{5, 4, 0, 0})
	appendPrincipal(out)
	appendNumbers(out, uint32(1), hugeCount, uint32(0))
	return out.String()
}

// keytabOfAlice has one key of alice.
func keytabOfAlice() string {
	entry := new(bytes.Buffer)
	appendNumbers(entry, uint16(1))
	for _, text := range []string{realm, "alice"} {
		appendNumbers(entry, uint16(len(text))) //nolint:gosec // a short text
		entry.WriteString(text)
	}
	appendNumbers(entry, uint32(1), uint32(0), uint8(1), uint16(18), uint16(32), make([]byte, 32))
	out := bytes.NewBufferString("\x05\x02")
	appendNumbers(out, uint32(entry.Len())) //nolint:gosec // a short entry
	return out.String() + entry.String()
}

func appendPrincipal(out *bytes.Buffer) {
	appendNumbers(out, uint32(1), uint32(1))
	for _, text := range []string{realm, "alice"} {
		appendNumbers(out, uint32(len(text))) //nolint:gosec // a short text
		out.WriteString(text)
	}
}

func appendNumbers(out *bytes.Buffer, numbers ...any) {
	for _, number := range numbers {
		_ = binary.Write(out, binary.BigEndian, number)
	}
}
