// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package kerberos authenticates requests with Kerberos tickets (RFC 4120, RFC 4559).
// Tickets come from a credential cache, or from a KDC with the key in a keytab.
//
// The package uses gokrb5 for the messages, but not for the exchange: gokrb5's client
// package ignores contexts, allocates as much as a length from the KDC demands, and
// renews tickets in a goroutine whose panic would end the process.
package kerberos

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Config states where a client's tickets come from.
type Config struct {
	// Host is the server's host name. Its service principal is HTTP/HOST.
	Host string
	// Principal is the client, as NAME or NAME@REALM. If it is empty, the client is
	// the owner of the credential cache, or the first principal in the keytab.
	Principal string
	// Keytab is the path of a keytab. If it is empty, the tickets come from the
	// credential cache.
	Keytab string
	// Cache is the credential cache in the form of KRB5CCNAME. If it is empty, the
	// default cache is used.
	Cache string
	// ConfigFiles is a list of paths in the form of KRB5_CONFIG. If it is empty,
	// /etc/krb5.conf is used.
	ConfigFiles string
	// Clock is nil for the real clock.
	Clock clock.Clock
}

// Auth implements transport.Auth. It sends a ticket in an SPNEGO token, as Dask
// Gateway's KerberosAuthenticator expects. A server refuses a token that it has
// received before, so every attempt sends a new one. The token in the server's
// response is not checked: TLS authenticates the server.
//
// Auth is safe for concurrent use.
type Auth struct {
	cfg    Config
	keytab *keytabKeys

	// mu guards current, which is replaced when its ticket has expired.
	mu      sync.Mutex
	current *share.Value[serviceTicket]
}

// serviceTicket lets a client authenticate to one service until endTime.
type serviceTicket struct {
	client  principal
	ticket  messages.Ticket
	key     types.EncryptionKey
	endTime time.Time
}

// New reads the keytab, if one is configured. The credential cache and krb5.conf are
// read for the first request, so that their errors reach only callers that send a
// request.
func New(ctx context.Context, cfg Config) (*Auth, error) {
	cfg.Clock = clock.OrReal(cfg.Clock)
	a := &Auth{cfg: cfg, current: new(share.Value[serviceTicket])}
	if cfg.Keytab != "" {
		var err error
		if a.keytab, err = readKeytab(ctx, cfg.Keytab, cfg.Principal); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Scheme returns transport.SchemeKerberos.
func (a *Auth) Scheme() transport.Scheme { return transport.SchemeKerberos }

// Secrets returns nothing: every token is new, and transport masks texts that look
// like one.
func (a *Auth) Secrets() []string { return nil }

// Authorization returns the header of one attempt. It waits for files, DNS and the KDC
// no longer than ctx lasts.
func (a *Auth) Authorization(ctx context.Context) (string, error) {
	token, err := a.token(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return "", &transport.Error{Kind: transport.KindTicket, Message: "no Kerberos ticket arrived in time", Err: ctx.Err()}
	case err != nil:
		return "", &transport.Error{Kind: transport.KindTicket, Message: err.Error()}
	}
	return "Negotiate " + base64.StdEncoding.EncodeToString(token), nil
}

func (a *Auth) token(ctx context.Context) ([]byte, error) {
	credential, err := a.serviceTicket(ctx)
	if err != nil {
		return nil, err
	}
	var token []byte
	err = recovered(func() (err error) {
		token, err = spnegoToken(credential)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("could not create a token from the Kerberos ticket: %w", err)
	}
	return token, nil
}

// serviceTicket returns the ticket in use. If it has expired, one caller gets a new one
// and the others wait for it, each no longer than its own context.
func (a *Auth) serviceTicket(ctx context.Context) (serviceTicket, error) {
	a.mu.Lock()
	if credential, ok := a.current.Peek(); ok && !a.cfg.Clock.Now().Before(credential.endTime) {
		a.current = new(share.Value[serviceTicket])
	}
	current := a.current
	a.mu.Unlock()
	return current.Get(ctx, a.newServiceTicket)
}

// newServiceTicket reads the configuration and the credential cache again: the user
// may have renewed the ticket.
func (a *Auth) newServiceTicket(ctx context.Context) (serviceTicket, error) {
	limited, cancel := context.WithTimeout(ctx, ticketTimeout)
	defer cancel()
	var issued serviceTicket
	err := recovered(func() error {
		p, err := readProfile(limited, a.cfg.ConfigFiles)
		if err != nil {
			return err
		}
		var source ticketSource
		if a.keytab != nil {
			source = &keytabSource{keys: a.keytab}
		} else if source, err = a.openCache(limited, p); err != nil {
			return err
		}
		issued, err = p.serviceTicket(limited, source, a.cfg.Host)
		return err
	})
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = fmt.Errorf("no Kerberos ticket arrived within %s", ticketTimeout)
	}
	return issued, err
}

var errMalformed = errors.New("malformed")

// recovered calls gokrb5, which panics on some malformed messages.
func recovered(call func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("a Kerberos message is %w", errMalformed)
		}
	}()
	return call()
}
