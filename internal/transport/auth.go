// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// Auth puts credentials on a request. The server's word for the scheme is
// case-sensitive at Dask Gateway (dask_gateway_server/auth.py), so each is
// spelt as its server spells it.
type Auth interface {
	// Authorization returns the header's value for one attempt. It is called before
	// each one, because some credentials may be sent only once. An *Error that it
	// returns needs a Kind and Words; the client fills in the request.
	Authorization(ctx context.Context) (string, error)
	// Scheme returns the kind of credentials, for errors.
	Scheme() Scheme
	// Secrets returns the texts that no error and no log may show.
	Secrets() []string
}

// Scheme is the sort of credentials that a client sends, for what an error says
// about them.
type Scheme string

// The schemes. A client without credentials has none of them.
const (
	SchemeToken Scheme = "token"
	SchemeBasic Scheme = "basic"
	// SchemeKerberos are tickets of a Kerberos realm.
	SchemeKerberos Scheme = "kerberos"
)

type tokenAuth struct {
	word  string
	token secret.String
}

// JupyterHubAuth is a Hub token as Dask Gateway takes it: "jupyterhub TOKEN".
func JupyterHubAuth(token secret.String) Auth { return tokenAuth{word: "jupyterhub", token: token} }

// TokenAuth is a Hub token as JupyterHub's own API takes it: "token TOKEN".
func TokenAuth(token secret.String) Auth { return tokenAuth{word: "token", token: token} }

func (a tokenAuth) Authorization(context.Context) (string, error) {
	return a.word + " " + a.token.Reveal(), nil
}

func (a tokenAuth) Scheme() Scheme { return SchemeToken }

func (a tokenAuth) Secrets() []string { return []string{a.token.Reveal()} }

type basicAuth struct {
	username string
	password secret.String
}

// BasicAuth is a user name and a password (RFC 7617), as Dask Gateway's
// SimpleAuthenticator takes them.
func BasicAuth(username string, password secret.String) Auth {
	return basicAuth{username: username, password: password}
}

func (a basicAuth) Authorization(context.Context) (string, error) { return "Basic " + a.encoded(), nil }

func (a basicAuth) Scheme() Scheme { return SchemeBasic }

func (a basicAuth) Secrets() []string { return []string{a.password.Reveal(), a.encoded()} }

func (a basicAuth) encoded() string {
	return base64.StdEncoding.EncodeToString([]byte(a.username + ":" + a.password.Reveal()))
}

// authorize puts on the credentials, or says why they may not be sent.
func (c *Client) authorize(r *http.Request) error {
	if c.auth == nil {
		return nil
	}
	if foreign := c.cleartextTo(); foreign != "" && !c.allowCleartext {
		return &Error{
			Kind: KindCleartext, Method: r.Method, Path: Printable(r.URL.Path), Host: c.base.Host, Proxy: c.proxy, CredentialOrigin: c.credentialOrigin, Scheme: c.scheme(),
			Message: "credentials would be sent in clear text, over http://, to " + foreign + ", which is outside this machine and its private networks",
		}
	}
	value, err := c.auth.Authorization(r.Context())
	if failed, ok := errors.AsType[*Error](err); ok {
		failed.Method, failed.Path, failed.Host = r.Method, r.URL.Path, c.base.Host
		failed.CredentialOrigin, failed.Scheme = c.credentialOrigin, c.scheme()
		failed.Message = c.redact.printable(failed.Message)
	}
	if err != nil {
		return err
	}
	r.Header.Set(headerOf(c.auth), value)
	return nil
}

// cleartextTo returns the first host outside the nearby networks that would read
// the credentials: the proxy or the server. It returns "" when there is none. A
// proxy reads a request to an http:// address also when it is itself reached over
// TLS.
func (c *Client) cleartextTo() string {
	switch {
	case c.base.Scheme != "http":
		return ""
	case c.proxy != "" && !c.isProxyNearby:
		return "the HTTP proxy " + c.proxy
	case !isTrustedNetwork(c.base):
		return c.base.Hostname()
	default:
		return ""
	}
}

func (c *Client) scheme() Scheme {
	if c.auth == nil {
		return ""
	}
	return c.auth.Scheme()
}

// isTrustedNetwork reports whether a host is nearby, so that clear text does not
// leave the user's networks: on this machine, in a private network (RFC 1918, RFC
// 4193), or inside a Kubernetes cluster, where a notebook server reaches its gateway
// as http://proxy-public. The host is normalised as net/http does before it looks
// the name up: fullwidth digits are digits.
func isTrustedNetwork(address *url.URL) bool {
	host := strings.TrimSuffix(address.Hostname(), ".")
	if !isASCII(host) {
		normalised, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return false
		}
		host = strings.TrimSuffix(normalised, ".")
	}
	host = strings.ToLower(host)
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate()
	}
	// The C library reads 134744072 and 0x8080808 as 8.8.8.8.
	if strings.Trim(host, "0123456789") == "" || strings.HasPrefix(host, "0x") {
		return false
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
