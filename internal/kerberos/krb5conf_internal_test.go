// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeFiles writes files into a new directory and returns its path. DIR in a file
// stands for the directory.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestReadProfile_readsFilesOfDistributions has directories of small files, repeated
// sections and blocks within realms.
func TestReadProfile_readsFilesOfDistributions(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{
		"krb5.conf": `# a comment
; another
includedir DIR/krb5.conf.d/
include DIR/more
[libdefaults]
  default_realm = FIRST.TEST
  default_realm = SECOND.TEST
  rdns = false
  dns_canonicalize_hostname = fallback
  permitted_enctypes = aes256-cts-hmac-sha384-192, aes128-cts-hmac-sha1-96 unheard-of
  default_ccache_name = "FILE:/run/user/%{uid}/krb5cc"
  FIRST.TEST = {
    default_realm = INNER.TEST
  }
  no relation
[realms]
  FIRST.TEST = {
    kdc = kdc1.first.test
    kdc = kdc2.first.test:1088
    kdc = [::1]
    kdc = [::1]:1088
    kdc = https://proxy.first.test/KdcProxy
    auth_to_local_names = {
      kdc = inner.first.test
    }
    admin_server = admin.first.test
  }
[domain_realm]
  .first.test = FIRST.TEST
  First.Example = FIRST.TEST
[appdefaults]
  kdc = nowhere
`,
		"krb5.conf.d/one":         "[realms]\nONE.TEST = {\nkdc = one\n}\n",
		"krb5.conf.d/two.conf":    "[realms]\nTWO.TEST = {\nkdc = two\n}\n[libdefaults]\nudp_preference_limit = 1\n",
		"krb5.conf.d/three.rpm~":  "[realms]\nTHREE.TEST = {\nkdc = three\n}\n",
		"krb5.conf.d/.four.conf":  "[realms]\nFOUR.TEST = {\nkdc = four\n}\n",
		"krb5.conf.d/five/a.conf": "[realms]\nFIVE.TEST = {\nkdc = five\n}\n",
		"more":                    "[realms]*\nONE.TEST = {\nkdc = more\n}\n",
		"second.conf":             "[libdefaults]\ndefault_realm = THIRD.TEST\ndns_lookup_kdc = no\n}\n",
	})
	p, err := readProfile(t.Context(), strings.Join([]string{dir + "/none.conf", dir + "/krb5.conf", dir + "/second.conf"}, string(os.PathListSeparator)))
	if err != nil {
		t.Fatal(err)
	}
	c := p.config()
	d := c.LibDefaults
	kdcs := map[string]string{}
	for realm, addresses := range p.kdcs {
		kdcs[realm] = strings.Join(addresses, " ")
	}
	if got, want := fmt.Sprint(kdcs), "map[FIRST.TEST:kdc1.first.test:88 kdc2.first.test:1088 [::1]:88 [::1]:1088 ONE.TEST:one:88 more:88 TWO.TEST:two:88]"; got != want {
		t.Errorf("KDCs %s,\nwant %s", got, want)
	}
	if d.DefaultRealm != "FIRST.TEST" || p.usesReverseDNS() || !p.canonicalizesHostnames() || p.looksUpKDCs() || d.UDPPreferenceLimit != 1 {
		t.Errorf("defaults %+v", d)
	}
	if want := []int32{20, 17}; !slices.Equal(d.DefaultTktEnctypeIDs, want) || !slices.Equal(d.DefaultTGSEnctypeIDs, want) {
		t.Errorf("encryption types %v, %v, want %v", d.DefaultTktEnctypeIDs, d.DefaultTGSEnctypeIDs, want)
	}
	if p.realmOf("hub.first.test") != "FIRST.TEST" || p.realmOf("first.example") != "FIRST.TEST" || p.realmOf("hub.test") != "" {
		t.Errorf("domains %v", p.domains)
	}
	path, origin, err := p.cachePath("")
	if want := fmt.Sprintf("/run/user/%d/krb5cc", os.Getuid()); path != want || !strings.HasPrefix(origin, "default_ccache_name") || err != nil {
		t.Errorf("the cache is %q (%s), %v; want %q", path, origin, err, want)
	}
}

func TestReadProfile_rejectsUnreadableFiles(t *testing.T) {
	t.Parallel()
	dir := writeFiles(t, map[string]string{"loop": "include DIR/loop\n", "broken": "include DIR/nowhere/krb5.conf\n"})
	for file, want := range map[string]string{
		dir + "/loop": "the limit is 10 nested files", dir: dir + ": not a regular file but a directory", dir + "/none": "there is no Kerberos configuration at " + dir + "/none (KRB5_CONFIG)",
		dir + "/broken": dir + "/broken includes " + dir + "/nowhere/krb5.conf: stat",
	} {
		if _, err := readProfile(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}

func TestCachePath_acceptsOnlyFiles(t *testing.T) {
	t.Parallel()
	p := &profile{}
	uid := fmt.Sprint(os.Getuid())
	for name, want := range map[string]string{
		"":                      "/tmp/krb5cc_" + uid,
		"/tmp/tickets":          "/tmp/tickets",
		"FILE:/tmp/tickets":     "/tmp/tickets",
		"FILE:/tmp/t_%{euid}":   "/tmp/t_" + uid,
		"FILE:/tmp/%{username}": "parameter in its name",
		"KCM:":                  "is of type KCM",
		"DIR::/tmp/a":           "is of type DIR",
		"MEMORY:x":              "is of type MEMORY",
		"API:abc":               "is of type API",
		`C:\tickets`:            `C:\tickets`,
	} {
		path, _, err := p.cachePath(name)
		if err != nil {
			path = err.Error()
		}
		if path != want && (err == nil || !strings.Contains(path, want)) {
			t.Errorf("%q: %q, want %q", name, path, want)
		}
	}
}
