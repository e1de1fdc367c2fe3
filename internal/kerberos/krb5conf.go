// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

const (
	defaultKrb5Config = "/etc/krb5.conf"
	kdcPort           = "88"

	// Limits of a configuration. Distributions include a handful of small files.
	maxConfigSize   = 1 << 20
	maxConfigFiles  = 256
	maxIncludeDepth = 10
)

// encryptionTypes are the types in requests if krb5.conf lists none: those that the
// MIT library permits (krb5.conf(5), permitted_enctypes), that gokrb5 supports, and
// that are not weak.
var encryptionTypes = []string{
	"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96", "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128", "arcfour-hmac-md5",
}

// profile contains the settings of krb5.conf that a client needs. If a setting occurs
// twice, the first one applies, as in the MIT library.
type profile struct {
	defaults map[string]string
	kdcs     map[string][]string
	domains  map[string]string
}

// readProfile reads the files of KRB5_CONFIG. It skips those that do not exist. gokrb5's
// own parser supports neither include nor repeated sections, and a block within a realm
// ends the realm.
func readProfile(ctx context.Context, files string) (*profile, error) {
	origin := "KRB5_CONFIG"
	if files == "" {
		files, origin = defaultKrb5Config, "the default, as KRB5_CONFIG is not set"
	}
	r := &profileReader{ctx: ctx, profile: &profile{defaults: map[string]string{}, kdcs: map[string][]string{}, domains: map[string]string{}}}
	found := false
	for _, file := range filepath.SplitList(files) {
		err := r.read(file, 0)
		switch {
		case err == nil:
			found = true
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("cannot read the Kerberos configuration: %w", err)
		}
	}
	if !found {
		return nil, fmt.Errorf("there is no Kerberos configuration at %s (%s). Set KRB5_CONFIG to the path of a krb5.conf that names the realm's KDC", files, origin)
	}
	return r.profile, nil
}

// limitError reports that all files together exceed a limit. It is returned as it is,
// without the names of the including files.
type limitError string

func (e limitError) Error() string { return string(e) }

// profileReader reads files and the files that they include, within limits on all of
// them together.
type profileReader struct {
	ctx     context.Context
	profile *profile
	files   int
	size    int
}

func (r *profileReader) read(file string, depth int) error {
	if r.files++; r.files > maxConfigFiles {
		return limitError(fmt.Sprintf("the limit is %d files with all that they include, and %s is one more", maxConfigFiles, visibleName(file)))
	}
	content, err := localfile.Read(r.ctx, file, maxConfigSize)
	if err != nil {
		return err
	}
	if r.size += len(content); r.size > maxConfigSize {
		return limitError(fmt.Sprintf("the limit is %s for all files together, and %s exceeds it", localfile.FormatSize(maxConfigSize), visibleName(file)))
	}
	var section string
	var blocks []string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		if directive, path, ok := parseInclude(line); ok {
			if depth == maxIncludeDepth {
				return limitError(fmt.Sprintf("the limit is %d nested files, and %s includes one more", maxIncludeDepth, visibleName(file)))
			}
			err := r.include(directive, path, depth+1)
			if _, ok := errors.AsType[limitError](err); ok {
				return err
			}
			if err != nil {
				// The error is not wrapped: a missing included file must not count as
				// a missing krb5.conf.
				return fmt.Errorf("%s includes %s: %s", file, visibleName(path), err.Error())
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
			r.profile.set(section, blocks, key, value)
		}
	}
	return nil
}

// parseInclude splits a line that includes a file or a directory.
func parseInclude(line string) (directive, path string, ok bool) {
	if !strings.HasPrefix(line, "include") {
		return "", "", false
	}
	fields := strings.Fields(line)
	if len(fields) != 2 || fields[0] != "include" && fields[0] != "includedir" {
		return "", "", false
	}
	return fields[0], fields[1], true
}

func (r *profileReader) include(directive, path string, depth int) error {
	if directive == "include" {
		return r.read(path, depth)
	}
	entries, err := localfile.ReadDir(r.ctx, path, maxConfigFiles)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if isIncludable(entry.Name()) && !entry.IsDir() {
			if err := r.read(filepath.Join(path, entry.Name()), depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// isIncludable reports whether includedir reads a file of this name (krb5.conf(5)).
func isIncludable(name string) bool {
	if strings.HasSuffix(name, ".conf") {
		return !strings.HasPrefix(name, ".")
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

func (p *profile) set(section string, blocks []string, key, value string) {
	switch {
	case section == "libdefaults" && len(blocks) == 0:
		setFirst(p.defaults, strings.ToLower(key), value)
	case section == "domain_realm" && len(blocks) == 0:
		setFirst(p.domains, strings.ToLower(key), value)
	case section == "realms" && len(blocks) == 1 && key == "kdc":
		// An https:// KDC is a proxy, which this package does not support.
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

// realmOf returns the realm of a host according to [domain_realm], or "".
func (p *profile) realmOf(host string) string {
	if realm, ok := p.domains[host]; ok {
		return realm
	}
	for {
		_, parent, ok := strings.Cut(host, ".")
		if !ok {
			return ""
		}
		if realm, ok := p.domains["."+parent]; ok {
			return realm
		}
		host = parent
	}
}

// looksUpKDCs reports whether to look up a KDC in DNS if krb5.conf lists none.
func (p *profile) looksUpKDCs() bool { return p.flag("dns_lookup_kdc", true) }

func (p *profile) canonicalizesHostnames() bool { return p.flag("dns_canonicalize_hostname", true) }

func (p *profile) usesReverseDNS() bool { return p.flag("rdns", true) }

// config returns the settings that gokrb5 uses in requests.
func (p *profile) config() *config.Config {
	c := config.New()
	d := &c.LibDefaults
	d.DefaultRealm = p.defaults["default_realm"]
	d.Canonicalize = p.flag("canonicalize", false)
	if limit, err := strconv.Atoi(p.defaults["udp_preference_limit"]); err == nil && limit > 0 {
		d.UDPPreferenceLimit = limit
	}
	permitted := p.encryption("permitted_enctypes", encryptionIDs(encryptionTypes))
	d.PermittedEnctypeIDs = permitted
	d.DefaultTktEnctypeIDs = p.encryption("default_tkt_enctypes", permitted)
	d.DefaultTGSEnctypeIDs = p.encryption("default_tgs_enctypes", permitted)
	return c
}

// flag reads a boolean as the MIT library does. dns_canonicalize_hostname may also be
// "fallback", which the provider treats like true.
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
		if id := etypeID.EtypeSupported(strings.ToLower(name)); id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// cachePath returns the path of a credential cache. name is the value of KRB5CCNAME.
// If it is empty, the default of krb5.conf or of the MIT library applies.
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
		// A path without a type. On Windows it begins with a drive.
		rest = name
	case kind != "FILE":
		return "", origin, fmt.Errorf("the credential cache %s (%s) is of type %s, and the provider reads only caches of type FILE. "+
			"Run `kinit -c FILE:/path` and set KRB5CCNAME=FILE:/path, or set keytab_path", name, origin, kind)
	}
	uid := strconv.Itoa(os.Getuid())
	rest = strings.NewReplacer("%{uid}", uid, "%{euid}", uid, "%{USERID}", uid).Replace(rest)
	if strings.Contains(rest, "%{") {
		return "", origin, fmt.Errorf("the credential cache %s (%s) has a parameter in its name that the provider does not support. Set KRB5CCNAME to FILE:/path", name, origin)
	}
	return rest, origin, nil
}
