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

// Auth provides the credentials of a request. Dask Gateway compares the name of the
// scheme case-sensitively (dask_gateway_server/auth.py), so each scheme uses the
// spelling of its server.
type Auth interface {
	// Authorization returns the header's value for one attempt. The client calls it
	// before each attempt, because some credentials can be sent only once. An *Error
	// that it returns needs a Kind and a Message; the client fills in the request.
	Authorization(ctx context.Context) (string, error)
	// Scheme returns the kind of credentials, for errors.
	Scheme() Scheme
	// Secrets returns the texts to mask in errors and logs.
	Secrets() []string
}

// Scheme is the kind of credentials that a client sends. Errors report it.
type Scheme string

// The schemes. It is "" for a client without credentials.
const (
	SchemeToken Scheme = "token"
	SchemeBasic Scheme = "basic"
	// SchemeKerberos stands for the tickets of a Kerberos realm.
	SchemeKerberos Scheme = "kerberos"
)

type tokenAuth struct {
	scheme string
	token  secret.String
}

// JupyterHubAuth sends a Hub token in the form that Dask Gateway expects:
// "jupyterhub TOKEN".
func JupyterHubAuth(token secret.String) Auth { return tokenAuth{scheme: "jupyterhub", token: token} }

// TokenAuth sends a Hub token in the form that JupyterHub's API expects:
// "token TOKEN".
func TokenAuth(token secret.String) Auth { return tokenAuth{scheme: "token", token: token} }

func (a tokenAuth) Authorization(context.Context) (string, error) {
	return a.scheme + " " + a.token.Reveal(), nil
}

func (a tokenAuth) Scheme() Scheme { return SchemeToken }

func (a tokenAuth) Secrets() []string { return []string{a.token.Reveal()} }

type basicAuth struct {
	username string
	password secret.String
}

// BasicAuth sends a user name and a password (RFC 7617), as Dask Gateway's
// SimpleAuthenticator expects.
func BasicAuth(username string, password secret.String) Auth {
	return basicAuth{username: username, password: password}
}

func (a basicAuth) Authorization(context.Context) (string, error) { return "Basic " + a.encoded(), nil }

func (a basicAuth) Scheme() Scheme { return SchemeBasic }

func (a basicAuth) Secrets() []string { return []string{a.password.Reveal(), a.encoded()} }

func (a basicAuth) encoded() string {
	return base64.StdEncoding.EncodeToString([]byte(a.username + ":" + a.password.Reveal()))
}

// authorize adds the credentials to a request. It returns an error if they must not
// be sent.
func (c *Client) authorize(r *http.Request) error {
	if c.auth == nil {
		return nil
	}
	if foreign := c.cleartextTo(); foreign != "" && !c.allowsCleartext {
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

// cleartextTo returns the first host outside the nearby networks that could read the
// credentials: the proxy or the server. It returns "" if no such host could. A proxy
// can read a request to an http:// address even if the connection to the proxy itself
// uses TLS.
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
// at http://proxy-public. The function normalises the host as net/http does before
// a lookup: fullwidth digits are digits.
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
	// The C library resolves 134744072 and 0x8080808 to 8.8.8.8.
	if strings.Trim(host, "0123456789") == "" || strings.HasPrefix(host, "0x") {
		return false
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}
