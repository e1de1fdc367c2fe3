// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxTicketFile is far above any keytab or credential cache.
const maxTicketFile = 4 << 20

// ErrPrincipal marks a keytab that has no key of the principal.
var ErrPrincipal = errors.New("the keytab has no key of the principal")

var errNoFile = errors.New("does not exist")

// keys are those of one principal in a keytab.
type keys struct {
	table       *keytab.Keytab
	name, realm string
	// types are the keys' kinds of encryption.
	types []int32
}

// readKeytab reads a keytab, of which the principal is the first one in it when
// none is asked for, as for the MIT library's client keytab.
func readKeytab(path, principal string) (*keys, error) {
	text, err := readTicketFile(path)
	if err != nil {
		return nil, fmt.Errorf("the keytab %s %w", path, err)
	}
	table := keytab.New()
	// What gokrb5 says of a keytab that it cannot read holds the bytes.
	if err := protect(func() error { return table.Unmarshal(text) }); err != nil || len(table.Entries) == 0 {
		return nil, fmt.Errorf("the keytab %s is none, or holds no key: klist -k shows what is in it", path)
	}
	name, realm := splitPrincipal(principal)
	k := &keys{table: table}
	var others []string
	for _, entry := range table.Entries {
		this := strings.Join(entry.Principal.Components, "/")
		if k.name == "" && (name == "" || name == this) && (realm == "" || realm == entry.Principal.Realm) {
			k.name, k.realm = this, entry.Principal.Realm
		}
		if k.name == this && k.realm == entry.Principal.Realm {
			k.types = append(k.types, entry.Key.KeyType)
		}
		others = append(others, this+"@"+entry.Principal.Realm)
	}
	if k.name == "" {
		slices.Sort(others)
		return nil, fmt.Errorf("%w %s; %s has those of %s", ErrPrincipal, principal, path, strings.Join(slices.Compact(others), ", "))
	}
	return k, nil
}

// client makes a client that gets its own tickets. It asks only for kinds of
// encryption that the keytab has keys of: a KDC answers with the first one that
// it knows itself.
func (k *keys) client(c *config.Config) *client.Client {
	c.LibDefaults.DefaultTktEnctypeIDs = slices.DeleteFunc(slices.Clone(c.LibDefaults.DefaultTktEnctypeIDs), func(id int32) bool {
		return !slices.Contains(k.types, id)
	})
	if len(c.LibDefaults.DefaultTktEnctypeIDs) == 0 {
		c.LibDefaults.DefaultTktEnctypeIDs = slices.Compact(slices.Sorted(slices.Values(k.types)))
	}
	return client.NewWithKeytab(k.name, k.realm, k.table, c, client.DisablePAFXFAST(true))
}

// openCache makes a client of the tickets in the credential cache, and says
// when they end.
func (a *Auth) openCache(read *profile, c *config.Config) (*client.Client, time.Time, error) {
	path, origin, err := read.cachePath(a.cfg.Cache)
	if err != nil {
		return nil, time.Time{}, err
	}
	text, err := readTicketFile(path)
	switch {
	case errors.Is(err, errNoFile):
		return nil, time.Time{}, fmt.Errorf("there is no ticket: the credential cache FILE:%s (%s) does not exist", path, origin)
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("the credential cache FILE:%s (%s) %w", path, origin, err)
	}
	cache := new(credentials.CCache)
	if err := protect(func() error { return cache.Unmarshal(text) }); err != nil {
		return nil, time.Time{}, fmt.Errorf("the credential cache FILE:%s (%s) is none: klist shows what is in it", path, origin)
	}
	owner, realm := cache.GetClientPrincipalName().PrincipalNameString(), cache.GetClientRealm()
	if name, wanted := splitPrincipal(a.cfg.Principal); name != "" && name != owner || wanted != "" && wanted != realm {
		return nil, time.Time{}, fmt.Errorf("the credential cache FILE:%s (%s) has tickets of %s@%s, and principal is %s", path, origin, owner, realm, a.cfg.Principal)
	}
	granting, ok := cache.GetEntry(types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}})
	if !ok {
		return nil, time.Time{}, fmt.Errorf("there is no ticket-granting ticket of %s@%s in the credential cache FILE:%s (%s)", owner, realm, path, origin)
	}
	if now := a.cfg.Clock.Now(); !now.Before(granting.EndTime) {
		return nil, time.Time{}, fmt.Errorf("the ticket of %s@%s in the credential cache FILE:%s (%s) expired at %s",
			owner, realm, path, origin, granting.EndTime.UTC().Format(time.RFC3339))
	}
	made, err := client.NewFromCCache(cache, c)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("the credential cache FILE:%s (%s) cannot be used: %w", path, origin, err)
	}
	return made, granting.EndTime, nil
}

// readTicketFile says what is wrong with a file in words that follow its name.
func readTicketFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errNoFile
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("is not a file")
	case err == nil && info.Size() > maxTicketFile:
		return nil, errors.New("is far too long to be one")
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the user's own setting
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, errors.New("may not be read by the user that Terraform runs as")
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return text, nil
}

// protect calls what panics on a file that it does not understand.
func protect(read func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("malformed")
		}
	}()
	return read()
}

// splitPrincipal takes NAME@REALM apart.
func splitPrincipal(principal string) (name, realm string) {
	at := strings.LastIndexByte(principal, '@')
	if at < 0 {
		return principal, ""
	}
	return principal[:at], principal[at+1:]
}
