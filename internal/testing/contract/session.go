// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// client sends what it is given and nothing of its own: it goes to the server
// directly, follows no redirect, keeps no cookie and asks for no compression.
var client = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// session is one case on one target: the users and what was kept of answers.
type session struct {
	server *server
	loner  string
	kept   map[string]string
	// made are the clusters to be stopped at the end, with their owners.
	made map[string]string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// value resolves a placeholder: what an answer left behind, a user's own name,
// or, behind a user's name, the credential ("alice-token") and its form of
// basic authentication ("alice-basic").
func (s *session) value(ctx context.Context) values {
	return func(name string) (string, bool, error) {
		if kept, ok := s.kept[name]; ok {
			return kept, true, nil
		}
		role, part, _ := strings.Cut(name, "-")
		user, ok := s.user(role)
		if !ok {
			return "", false, nil
		}
		if part == "" {
			return user, true, nil
		}
		credential, err := s.server.credential(ctx, user)
		switch part {
		case "token":
			return credential, true, err
		case "basic":
			return base64.StdEncoding.EncodeToString([]byte(user + ":" + credential)), true, err
		}
		return "", false, nil
	}
}

func (s *session) user(role string) (string, bool) {
	switch role {
	case loner:
		return s.loner, true
	case "empty":
		return "", true
	case alice, bob, administrator:
		return role, true
	}
	return "", false
}

// send sends the request and returns its answer; nil when the connection was
// ended on purpose.
func (s *session) send(ctx context.Context, r Request) (*answer, error) {
	request, err := s.request(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.Lost || r.LostHalf {
		return nil, lose(ctx, request, r)
	}
	begun := clock.Real().Now()
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, string(body), clock.Real().Now().Sub(begun)}, nil
}

func (s *session) request(ctx context.Context, r Request) (*http.Request, error) {
	known := s.value(ctx)
	path, err := expand(r.Path, known)
	if err != nil {
		return nil, err
	}
	body, err := expand(r.Body, known)
	if err != nil {
		return nil, err
	}
	address := s.server.target.GatewayURL()
	switch r.Base {
	case hubBase:
		address = s.server.target.HubURL() + "hub/api"
	case proxyBase:
		address = s.server.target.ProxyURL()
	case rootBase:
		root, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		address = root.Scheme + "://" + root.Host + "/"
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if err := s.authorize(ctx, request, r); err != nil {
		return nil, err
	}
	for name, value := range r.Header {
		if value, err = expand(value, known); err != nil {
			return nil, err
		}
		request.Header.Set(name, value)
	}
	return request, nil
}

// authorize sets the credentials of the request's user, in the form that the
// part of the servers wants.
func (s *session) authorize(ctx context.Context, request *http.Request, r Request) error {
	role := r.As
	if role == "" {
		role = alice
	}
	if role == nobody {
		return nil
	}
	user, ok := s.user(role)
	if !ok {
		return fmt.Errorf("there is no user %q", role)
	}
	credential, err := s.server.credential(ctx, user)
	switch {
	case err != nil:
		return err
	case s.server.target.HubURL() == "":
		request.SetBasicAuth(user, credential)
	case r.Base == hubBase:
		request.Header.Set("Authorization", "token "+credential)
	default:
		request.Header.Set("Authorization", "jupyterhub "+credential)
	}
	return nil
}

// lose sends the request, or half of its body, and ends the connection. Where
// the request is whole it waits for the first byte of the answer, without which
// nobody could tell whether the server has read it, and leaves the rest.
func lose(ctx context.Context, request *http.Request, r Request) error {
	var text bytes.Buffer
	if err := request.Write(&text); err != nil {
		return err
	}
	sent := text.Bytes()
	if r.LostHalf {
		sent = sent[:len(sent)-len(r.Body)/2]
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", request.URL.Host)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	if _, err := connection.Write(sent); err != nil || r.LostHalf {
		return err
	}
	_, err = bufio.NewReader(connection).ReadByte()
	return err
}
