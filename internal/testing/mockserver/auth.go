// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// cookieAge is how long the gateway takes its own cookie for credentials. It
// says twice that in Max-Age.
const cookieAge = 300 * time.Second

// authenticated finds the user, by cookie first and then by header, as
// dask_gateway_server/auth.py does, and hands out a cookie with every success.
func (s *Server) authenticated(x *exchange, handle func() *reply) *reply {
	if user, ok := s.cookieUser(x); ok {
		x.user = user
		return handle()
	}
	user, refused := s.headerUser(x)
	if refused != nil {
		return refused
	}
	x.user = user
	answer := handle()
	if answer.status < 400 {
		answer.set("Set-Cookie", s.cookieFor(user))
	}
	return answer
}

func (s *Server) cookieUser(x *exchange) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent, err := x.Cookie(s.state.cookieName)
	if err != nil {
		return "", false
	}
	kept, ok := s.state.cookies[sent.Value]
	if !ok {
		return "", false
	}
	if s.now.now().Sub(kept.issued) > cookieAge {
		delete(s.state.cookies, sent.Value)
		return "", false
	}
	return kept.user, true
}

// cookieFor returns the one cookie of the user: it is handed out again without
// being renewed.
func (s *Server) cookieFor(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := ""
	for candidate, kept := range s.state.cookies {
		if kept.user == user {
			value = candidate
		}
	}
	if value == "" {
		value = newHex()
		s.state.cookies[value] = cookie{user: user, issued: s.now.now()}
	}
	return s.state.cookieName + "=" + value + "; Max-Age=600; Path=/"
}

// headerUser reads the Authorization header. The words for the scheme are
// case-sensitive, and a header without a space makes the server fail.
func (s *Server) headerUser(x *exchange) (string, *reply) {
	header := x.Header.Get("Authorization")
	scheme, key, spaced := strings.Cut(header, " ")
	if header != "" && !spaced {
		return "", crash()
	}
	if s.cfg.Auth == "basic" {
		return s.basicUser(scheme, key)
	}
	if scheme != "jupyterhub" {
		return "", unauthorized("jupyterhub")
	}
	return s.hubUser(key)
}

func unauthorized(challenge string) *reply {
	return refuse(http.StatusUnauthorized, "Authentication required").set("Www-Authenticate", challenge)
}

func (s *Server) basicUser(scheme, key string) (string, *reply) {
	if scheme != "Basic" {
		return "", unauthorized("Basic")
	}
	pair, err := pythonBase64(key)
	user, password, ok := strings.Cut(pair, ":")
	if err != nil || !ok || strings.ContainsFunc(pair, func(r rune) bool { return r > 0x7f }) {
		return "", crash()
	}
	if s.cfg.Password != "" && password != s.cfg.Password {
		return "", unauthorized("Basic")
	}
	return user, nil
}

// pythonBase64 decodes as Python's b64decode does: what is no letter of base64 is
// skipped, and so is padding that is more than enough.
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

// hubUser asks the Hub whose token it is, with the scopes that go with it. The
// Hub skips blanks before a token, but takes none within.
func (s *Server) hubUser(value string) (string, *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.useToken(strings.TrimSpace(value))
	if t == nil {
		return "", refuse(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
	}
	scope, filter, _ := strings.Cut(gatewayAccess, "!")
	// A Hub without scopes has a gateway that asks for none.
	if !t.scopes().covers(scope, filter) && s.release() > 1 {
		return "", unauthorized("jupyterhub")
	}
	return t.owner.gatewayName(), nil
}
