// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
)

const (
	defaultKrb5Config = "/etc/krb5.conf"
	kdcPort           = "88"
	maxIncludes       = 10
)

// encryptionTypes are asked for where krb5.conf names none: those of the MIT
// library (krb5.conf(5), permitted_enctypes) that gokrb5 has and that are not
// weak.
var encryptionTypes = []string{
	"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128", "arcfour-hmac-md5",
}

// profile is what krb5.conf says, as far as a client needs it. Of a relation
// that is given twice the first counts, as in the MIT library.
type profile struct {
	defaults map[string]string
	kdcs     map[string][]string
	domains  map[string]string
}

// readProfile reads the files of KRB5_CONFIG, of which those that do not exist
// are left out. gokrb5's own parser knows neither include nor a section that
// comes twice, and a block within a realm ends it.
func readProfile(files string) (*profile, error) {
	origin := "KRB5_CONFIG"
	if files == "" {
		files, origin = defaultKrb5Config, "the default, as KRB5_CONFIG is not set"
	}
	p := &profile{defaults: map[string]string{}, kdcs: map[string][]string{}, domains: map[string]string{}}
	found := false
	for _, file := range filepath.SplitList(files) {
		err := p.read(file, 0)
		switch {
		case err == nil:
			found = true
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("the Kerberos configuration cannot be read: %w", err)
		}
	}
	if !found {
		return nil, fmt.Errorf("there is no Kerberos configuration at %s (%s), which would name the realm's KDC; set KRB5_CONFIG to the path of a krb5.conf", files, origin)
	}
	return p, nil
}

func (p *profile) read(file string, depth int) error {
	if depth > maxIncludes {
		return fmt.Errorf("%s is included too deep", file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the path is the user's own setting
	if err != nil {
		return err
	}
	var section string
	var blocks []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		if words := strings.Fields(line); len(words) == 2 && (words[0] == "include" || words[0] == "includedir") {
			if err := p.include(words[0], words[1], depth+1); err != nil {
				// That the included file is missing does not mean that this one is.
				return fmt.Errorf("%s includes %s: %s", file, words[1], err.Error())
			}
			continue
		}
		key, value, isRelation := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case strings.HasPrefix(line, "["):
			section, blocks = strings.Trim(strings.TrimRight(line, "*"), "[] \t"), nil
		case strings.HasPrefix(line, "}"):
			blocks = blocks[:max(len(blocks)-1, 0)]
		case isRelation && strings.HasPrefix(value, "{"):
			blocks = append(blocks, key)
		case isRelation:
			p.set(section, blocks, key, value)
		}
	}
	return nil
}

// includable are the names of the files that count in a folder (krb5.conf(5),
// includedir).
var includable = regexp.MustCompile(`^([A-Za-z0-9_-]+|[^.].*\.conf)$`)

func (p *profile) include(verb, path string, depth int) error {
	if verb == "include" {
		return p.read(path, depth)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if includable.MatchString(entry.Name()) && !entry.IsDir() {
			if err := p.read(filepath.Join(path, entry.Name()), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *profile) set(section string, blocks []string, key, value string) {
	switch {
	case section == "libdefaults" && len(blocks) == 0:
		setFirst(p.defaults, strings.ToLower(key), value)
	case section == "domain_realm" && len(blocks) == 0:
		setFirst(p.domains, strings.ToLower(key), value)
	case section == "realms" && len(blocks) == 1 && key == "kdc":
		// An https:// KDC is a proxy, which gokrb5 does not know.
		if address := kdcAddress(value); address != "" {
			p.kdcs[blocks[0]] = append(p.kdcs[blocks[0]], address)
		}
	}
}

func setFirst(values map[string]string, key, value string) {
	if _, ok := values[key]; !ok {
		values[key] = value
	}
}

func kdcAddress(value string) string {
	if strings.Contains(value, "/") {
		return ""
	}
	if _, _, err := net.SplitHostPort(value); err == nil {
		return value
	}
	return net.JoinHostPort(strings.Trim(value, "[]"), kdcPort)
}

// config makes gokrb5's form of it.
func (p *profile) config() *config.Config {
	c := config.New()
	d := &c.LibDefaults
	d.DefaultRealm = p.defaults["default_realm"]
	// As in the MIT library, DNS is asked for the KDC where no other place says it.
	d.DNSLookupKDC = p.flag("dns_lookup_kdc", true)
	d.DNSCanonicalizeHostname = p.flag("dns_canonicalize_hostname", true)
	d.RDNS = p.flag("rdns", true)
	d.Canonicalize = p.flag("canonicalize", false)
	if limit, err := strconv.Atoi(p.defaults["udp_preference_limit"]); err == nil && limit > 0 {
		d.UDPPreferenceLimit = limit
	}
	permitted := p.encryption("permitted_enctypes", encryptionIDs(encryptionTypes))
	d.PermittedEnctypeIDs = permitted
	d.DefaultTktEnctypeIDs = p.encryption("default_tkt_enctypes", permitted)
	d.DefaultTGSEnctypeIDs = p.encryption("default_tgs_enctypes", permitted)
	for _, realm := range slices.Sorted(maps.Keys(p.kdcs)) {
		c.Realms = append(c.Realms, config.Realm{Realm: realm, KDC: p.kdcs[realm]})
	}
	maps.Copy(c.DomainRealm, p.domains)
	return c
}

// flag reads a boolean as the MIT library does. dns_canonicalize_hostname may
// also be "fallback", which is what the provider does for true as well.
func (p *profile) flag(key string, fallback bool) bool {
	switch strings.ToLower(p.defaults[key]) {
	case "y", "yes", "true", "t", "1", "on", "fallback":
		return true
	case "n", "no", "false", "nil", "0", "off":
		return false
	default:
		return fallback
	}
}

func (p *profile) encryption(key string, fallback []int32) []int32 {
	names := strings.FieldsFunc(p.defaults[key], func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	if ids := encryptionIDs(names); len(ids) > 0 {
		return ids
	}
	return fallback
}

func encryptionIDs(names []string) []int32 {
	var ids []int32
	for _, name := range names {
		if id := etypeID.EtypeSupported(strings.ToLower(name)); id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// cachePath is the file of the credential cache that a name means: the value of
// KRB5CCNAME, or where that is empty, krb5.conf's or the MIT library's default.
func (p *profile) cachePath(name string) (path, origin string, err error) {
	origin = "KRB5CCNAME"
	if name == "" {
		name, origin = p.defaults["default_ccache_name"], "default_ccache_name in krb5.conf, as KRB5CCNAME is not set"
	}
	if name == "" {
		name, origin = "FILE:"+filepath.Join(os.TempDir(), "krb5cc_%{uid}"), "the default, as KRB5CCNAME is not set"
		if runtime.GOOS != "windows" {
			name = "FILE:/tmp/krb5cc_%{uid}"
		}
	}
	kind, rest, hasKind := strings.Cut(name, ":")
	switch {
	case !hasKind || len(kind) == 1:
		// A path without a kind, which on Windows begins with a drive.
		rest = name
	case kind != "FILE":
		return "", origin, fmt.Errorf("the credential cache %s (%s) is one of the kind %s, and the provider reads only those of the kind FILE: "+
			"get a ticket into a file with kinit -c FILE:/path and set KRB5CCNAME=FILE:/path, or give a keytab as keytab_path", name, origin, kind)
	}
	uid := strconv.Itoa(os.Getuid())
	rest = strings.NewReplacer("%{uid}", uid, "%{euid}", uid, "%{USERID}", uid).Replace(rest)
	if strings.Contains(rest, "%{") {
		return "", origin, fmt.Errorf("the credential cache %s (%s) has a parameter in its name that the provider does not know: set KRB5CCNAME to FILE:/path", name, origin)
	}
	return rest, origin, nil
}
