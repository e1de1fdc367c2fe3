// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package kerberos gets Kerberos tickets for requests: from a keytab or from a
// credential cache, as krb5.conf says.
package kerberos

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Config says where a client's Kerberos tickets come from.
type Config struct {
	// Host is the server's: its service is HTTP/HOST.
	Host string
	// Principal is who the client is, NAME or NAME@REALM; empty for whoever the
	// credential cache or the keytab is for.
	Principal string
	// Keytab is the path of a keytab, which stands for a password; empty for the
	// tickets that the credential cache has.
	Keytab string
	// Cache is the credential cache as KRB5CCNAME names it; empty for the default.
	Cache string
	// ConfigFiles are paths as KRB5_CONFIG has them; empty for /etc/krb5.conf.
	ConfigFiles string
	// Clock is nil for the real one.
	Clock clock.Clock
}

// Auth implements transport.Auth. It sends a Kerberos ticket in an SPNEGO token (RFC 4559), as Dask
// Gateway's KerberosAuthenticator takes it: one token for each attempt, because
// a server refuses one that it has seen before. The answer's own token, by which
// the server would prove itself, is not looked at: that is what TLS does.
type Auth struct {
	cfg    Config
	keytab *keys

	mu     sync.Mutex
	client *client.Client
	// ends is when the cache's ticket does; zero with a keytab, by which the
	// client gets new ones by itself.
	ends  time.Time
	names []string
}

// New makes the tickets' sender. It reads the keytab, about which its
// error is, and nothing else before the first request: a cache or a krb5.conf
// that is not there is an error for those who send something.
func New(cfg Config) (*Auth, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	a := &Auth{cfg: cfg}
	if cfg.Keytab != "" {
		var err error
		if a.keytab, err = readKeytab(cfg.Keytab, cfg.Principal); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Scheme returns transport.SchemeKerberos.
func (a *Auth) Scheme() transport.Scheme { return transport.SchemeKerberos }

// Secrets are none: a token is made for each request, and patterns hide it.
func (a *Auth) Secrets() []string { return nil }

// Authorization waits for the KDC no longer than the context lasts, which
// gokrb5 does not know.
func (a *Auth) Authorization(ctx context.Context) (string, error) {
	type result struct {
		token string
		err   error
	}
	done := make(chan result, 1)
	go func() {
		token, err := a.token(ctx)
		done <- result{token, err}
	}()
	select {
	case <-ctx.Done():
		return "", &transport.Error{Kind: transport.KindTicket, Message: "the KDC has not answered", Err: ctx.Err()}
	case r := <-done:
		if r.err != nil {
			return "", &transport.Error{Kind: transport.KindTicket, Message: r.err.Error()}
		}
		return "Negotiate " + r.token, nil
	}
}

func (a *Auth) token(ctx context.Context) (token string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// gokrb5 panics on some answers that are none of a KDC's.
	defer func() {
		if recover() != nil {
			err = errors.New("what the KDC answered cannot be used")
		}
	}()
	if err := a.open(); err != nil {
		return "", err
	}
	ticket, key, err := a.ticket(ctx)
	if err != nil {
		return "", err
	}
	made, err := spnego.NewNegTokenInitKRB5(a.client, ticket, key)
	if err != nil {
		return "", fmt.Errorf("no token could be made of the ticket: %w", err)
	}
	encoded, err := (&spnego.SPNEGOToken{Init: true, NegTokenInit: made}).Marshal()
	if err != nil {
		return "", fmt.Errorf("no token could be made of the ticket: %w", err)
	}
	return base64.StdEncoding.EncodeToString(encoded), nil
}

// open makes gokrb5's client, and another one once the cache's ticket has
// ended: somebody may have renewed it.
func (a *Auth) open() error {
	if a.client != nil && (a.ends.IsZero() || a.cfg.Clock.Now().Before(a.ends)) {
		return nil
	}
	read, err := readProfile(a.cfg.ConfigFiles)
	if err != nil {
		return err
	}
	made := read.config()
	if a.keytab != nil {
		a.client, err = a.keytab.client(made), nil
	} else {
		a.client, a.ends, err = a.openCache(read, made)
	}
	if err != nil {
		a.client = nil
		return err
	}
	a.names = nil
	return checkRealm(made, a.client.Credentials.Domain(), read)
}

// checkRealm says that nothing names a KDC, which gokrb5 would find out only by
// asking DNS.
func checkRealm(c *config.Config, realm string, read *profile) error {
	if len(read.kdcs[realm]) > 0 || c.LibDefaults.DNSLookupKDC {
		return nil
	}
	return fmt.Errorf("krb5.conf names no KDC of the realm %s: it needs %s = { kdc = HOST } below [realms]", realm, realm)
}

// ticket gets the ticket for the server. A KDC that does not know the service
// by the host's name as the address has it may know it by the name that DNS has
// for the host, which is the one that the MIT library asks for.
func (a *Auth) ticket(ctx context.Context) (messages.Ticket, types.EncryptionKey, error) {
	host := strings.ToLower(strings.TrimSuffix(a.cfg.Host, "."))
	if a.names == nil {
		a.names = []string{host}
	}
	ticket, key, err := a.client.GetServiceTicket("HTTP/" + a.names[0])
	if err != nil && strings.Contains(err.Error(), "KDC_ERR_S_PRINCIPAL_UNKNOWN") {
		for _, name := range canonicalNames(ctx, host, a.client.Config) {
			if again, key, err := a.client.GetServiceTicket("HTTP/" + name); err == nil {
				a.names = []string{name}
				return again, key, nil
			}
		}
	}
	if err != nil {
		return ticket, key, a.explain(err, "HTTP/"+host)
	}
	return ticket, key, nil
}

func canonicalNames(ctx context.Context, host string, c *config.Config) []string {
	if !c.LibDefaults.DNSCanonicalizeHostname {
		return nil
	}
	var names []string
	add := func(name string) {
		if name = strings.ToLower(strings.TrimSuffix(name, ".")); name != "" && name != host {
			names = append(names, name)
		}
	}
	if name, err := net.DefaultResolver.LookupCNAME(ctx, host); err == nil {
		add(name)
	}
	if !c.LibDefaults.RDNS {
		return names
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil || len(addresses) == 0 {
		return names
	}
	reverse, err := net.DefaultResolver.LookupAddr(ctx, addresses[0])
	if err == nil && len(reverse) > 0 {
		add(reverse[0])
	}
	return names
}

// kdcErrors are what a KDC says (RFC 4120, 7.5.9), by the names that gokrb5's
// errors have them in: they hold no codes. %[1]s is the client's principal,
// %[2]s the service, %[3]s the realm.
var kdcErrors = []struct{ name, words string }{
	{"KDC_ERR_C_PRINCIPAL_UNKNOWN", "the KDC of %[3]s knows no principal %[1]s"},
	{"KDC_ERR_S_PRINCIPAL_UNKNOWN", "the KDC of %[3]s knows no service %[2]s: the host in the address must be the one that the gateway's keytab is made for"},
	{"KDC_ERR_PREAUTH_FAILED", "the KDC of %[3]s refuses the keytab's key of %[1]s: the keytab is older than the password"},
	{"KDC_ERR_CLIENT_REVOKED", "the KDC of %[3]s has locked %[1]s"},
	{"KDC_ERR_KEY_EXPIRED", "the password of %[1]s has expired"},
	{"KDC_ERR_NAME_EXP", "the principal %[1]s has expired"},
	{"KDC_ERR_ETYPE_NOSUPP", "the KDC of %[3]s has no kind of encryption in common with this machine's krb5.conf and keytab"},
	{"KRB_AP_ERR_SKEW", "the clock of this machine and that of the KDC of %[3]s are too far apart"},
	{"KRB_AP_ERR_TKT_EXPIRED", "the ticket of %[1]s has expired"},
	{"KDC_ERR_TGT_REVOKED", "the ticket of %[1]s was revoked"},
	{"matching key not found in keytab", "the keytab has no key of %[1]s of the kind that the KDC of %[3]s asks for"},
	{"client password/keytab incorrect", "the keytab's key of %[1]s is not the one that the KDC of %[3]s has: the keytab is older than the password"},
	{"no KDCs defined", "krb5.conf names no KDC of the realm %[3]s"},
}

func (a *Auth) explain(err error, service string) error {
	realm := a.client.Credentials.Domain()
	for _, known := range kdcErrors {
		if strings.Contains(err.Error(), known.name) {
			return fmt.Errorf(known.words, a.client.Credentials.UserName()+"@"+realm, service, realm)
		}
	}
	if strings.Contains(err.Error(), "Networking_Error") || strings.Contains(err.Error(), "failed to communicate") {
		return fmt.Errorf("no KDC of the realm %s answers: %w", realm, err)
	}
	return fmt.Errorf("the KDC of %s gave no ticket for %s: %w", realm, service, err)
}
