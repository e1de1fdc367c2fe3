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

// rawClient sends requests unchanged: no proxy, no redirects, no cookies, no
// compression.
var rawClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// session is one case on one target, with the values stored from its responses.
type session struct {
	server   *testedServer
	caseUser string
	stored   map[string]string
	// createdClusters maps the names of the created clusters to their owners.
	createdClusters map[string]string
}

// receivedResponse is a response with its duration.
type receivedResponse struct {
	status   int
	header   http.Header
	body     string
	duration time.Duration
}

// value resolves a placeholder: a stored value, the name of a user, a user's
// credential ("alice-token"), or its basic authentication ("alice-basic").
func (s *session) value(ctx context.Context) valueLookup {
	return func(name string) (string, bool, error) {
		if stored, ok := s.stored[name]; ok {
			return stored, true, nil
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
	case caseUser:
		return s.caseUser, true
	case "empty":
		return "", true
	case alice, bob, administrator:
		return role, true
	}
	return "", false
}

// send sends the request and returns the response, or nil if the request ends its
// connection on purpose.
func (s *session) send(ctx context.Context, r Request) (*receivedResponse, error) {
	request, err := s.request(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.DropResponse || r.SendHalfBody {
		return nil, sendAndDisconnect(ctx, request, r)
	}
	return receive(rawClient, request)
}

func receive(client *http.Client, request *http.Request) (*receivedResponse, error) {
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
	return &receivedResponse{response.StatusCode, response.Header, string(body), clock.Real().Now().Sub(begun)}, nil
}

func (s *session) request(ctx context.Context, r Request) (*http.Request, error) {
	values := s.value(ctx)
	path, err := expand(r.Path, values)
	if err != nil {
		return nil, err
	}
	body, err := expand(r.Body, values)
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
		if value, err = expand(value, values); err != nil {
			return nil, err
		}
		request.Header.Set(name, value)
	}
	return request, nil
}

// authorize adds the credentials of the request's user in the form of the request's
// base.
func (s *session) authorize(ctx context.Context, request *http.Request, r Request) error {
	role := r.User
	if role == "" {
		role = alice
	}
	if role == noUser {
		return nil
	}
	user, ok := s.user(role)
	if !ok {
		return fmt.Errorf("unknown user %q", role)
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

// sendAndDisconnect sends the request, or half of its body, and closes the
// connection. After a whole request it waits for the first byte of the response,
// because only that proves that the server has read the request.
func sendAndDisconnect(ctx context.Context, request *http.Request, r Request) error {
	var text bytes.Buffer
	if err := request.Write(&text); err != nil {
		return err
	}
	sent := text.Bytes()
	if r.SendHalfBody {
		sent = sent[:len(sent)-len(r.Body)/2]
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", request.URL.Host)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	if _, err := connection.Write(sent); err != nil || r.SendHalfBody {
		return err
	}
	_, err = bufio.NewReader(connection).ReadByte()
	return err
}
