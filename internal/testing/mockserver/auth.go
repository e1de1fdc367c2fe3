// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// cookieMaxAge is how long the gateway accepts its cookie. Max-Age is twice as long.
const cookieMaxAge = 300 * time.Second

// authenticate finds the user by cookie first and by header second, as
// dask_gateway_server/auth.py does. Every successful response sets a cookie.
func (s *Server) authenticate(x *exchange, handle func() *httpResponse) *httpResponse {
	if user, ok := s.cookieUser(x); ok {
		x.user = user
		return handle()
	}
	user, rejection := s.headerUser(x)
	if rejection != nil {
		return rejection
	}
	x.user = user
	response := handle()
	if response.status < 400 {
		response.setHeader("Set-Cookie", s.cookieFor(x.replica, user))
	}
	return response
}

func (s *Server) cookieUser(x *exchange) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, err := x.Cookie(s.cookieName(x.replica))
	if err != nil {
		return "", false
	}
	stored, ok := s.state.cookies[sent.Value]
	if !ok || stored.replica != x.replica {
		return "", false
	}
	if s.clock.now().Sub(stored.issuedAt) > cookieMaxAge {
		delete(s.state.cookies, sent.Value)
		return "", false
	}
	return stored.user, true
}

// cookieName returns the name of the replica's cookie, which is random (auth.py,
// _default_cookie_name). The caller holds the lock.
func (s *Server) cookieName(replica int) string {
	if s.state.cookieNames[replica] == "" {
		s.state.cookieNames[replica] = "dask-gateway-" + newHex()
	}
	return s.state.cookieNames[replica]
}

// cookieFor returns the user's cookie. The gateway sends the same cookie again
// without renewing it.
func (s *Server) cookieFor(replica int, user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := ""
	for candidate, stored := range s.state.cookies {
		if stored.user == user && stored.replica == replica {
			value = candidate
		}
	}
	if value == "" {
		value = newHex()
		s.state.cookies[value] = issuedCookie{replica: replica, user: user, issuedAt: s.clock.now()}
	}
	return s.cookieName(replica) + "=" + value + "; Max-Age=600; Path=/"
}

// headerUser reads the Authorization header. The scheme is case-sensitive, and a
// header without a space raises an exception in the server.
func (s *Server) headerUser(x *exchange) (string, *httpResponse) {
	header := x.Header.Get("Authorization")
	scheme, key, spaced := strings.Cut(header, " ")
	if header != "" && !spaced {
		return "", gatewayInternalError()
	}
	if s.cfg.Auth == "basic" {
		return s.basicUser(scheme, key)
	}
	if scheme != "jupyterhub" {
		return "", s.unauthorized()
	}
	return s.hubUser(key)
}

// challenge is the gateway's WWW-Authenticate header.
func (s *Server) challenge() string {
	if s.cfg.Auth == "basic" {
		return "Basic"
	}
	return "jupyterhub"
}

func (s *Server) unauthorized() *httpResponse {
	return gatewayError(http.StatusUnauthorized, "Authentication required").setHeader("Www-Authenticate", s.challenge())
}

func (s *Server) basicUser(scheme, key string) (string, *httpResponse) {
	if scheme != "Basic" {
		return "", s.unauthorized()
	}
	pair, err := pythonBase64(key)
	user, password, ok := strings.Cut(pair, ":")
	if err != nil || !ok || strings.ContainsFunc(pair, func(r rune) bool { return r > 0x7f }) {
		return "", gatewayInternalError()
	}
	if s.cfg.Password != "" && password != s.cfg.Password {
		return "", s.unauthorized()
	}
	return user, nil
}

// pythonBase64 decodes like Python's b64decode, which skips characters outside the
// alphabet and surplus padding.
func pythonBase64(text string) (string, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return -1
	}, text)
	digits, padding, padded := strings.Cut(text, "=")
	if padded {
		padding = strings.Repeat("=", min(len(padding)+1, -len(digits)&3))
	}
	raw, err := base64.StdEncoding.DecodeString(digits + padding)
	return string(raw), err
}

// hubUser looks up the token's user and scopes at the Hub. The Hub skips blanks
// before a token and rejects blanks inside it.
func (s *Server) hubUser(value string) (string, *httpResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.useToken(strings.TrimSpace(value))
	if t == nil {
		return "", gatewayError(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
	}
	scope, filter, _ := strings.Cut(gatewayAccess, "!")
	// The gateway behind a Hub without scopes requires none.
	if !t.scopes().covers(scope, filter) && s.hubMajor() > 1 {
		return "", s.unauthorized()
	}
	return t.owner.gatewayUser(), nil
}
