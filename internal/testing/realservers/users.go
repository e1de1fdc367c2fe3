// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// client connects to the servers directly and ignores proxies in the environment.
var client = &http.Client{
	Transport:     &http.Transport{},
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// errNotReady means that a server does not respond correctly yet.
var errNotReady = errors.New("not ready")

// awaitReady creates the users that have no token and returns when the gateway responds
// to the first one.
func (s *Stack) awaitReady(ctx context.Context) error {
	if s.auth == JupyterHub {
		for _, user := range s.users {
			if s.Token(user) != "" {
				continue
			}
			err := retry(ctx, func() error {
				_, err := s.NewToken(ctx, user)
				return err
			})
			if err != nil {
				return fmt.Errorf("create the Hub's user %s: %w", user, err)
			}
		}
	}
	return retry(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.GatewayURL+"api/v1/clusters/", nil)
		if err != nil {
			return err
		}
		switch s.auth {
		case Basic:
			request.SetBasicAuth(s.user, s.Password)
		case Kerberos:
			// A request for a ticket proves that the gateway is ready.
			_, err = call(request, http.StatusUnauthorized)
			return err
		default:
			request.Header.Set("Authorization", "jupyterhub "+s.Token(s.user))
		}
		_, err = call(request, http.StatusOK)
		return err
	})
}

// retry repeats a call while it returns errNotReady.
func retry(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !errors.Is(err, errNotReady) {
			return err
		}
		if ended := clock.Real().Sleep(ctx, 50*time.Millisecond); ended != nil {
			return errors.Join(err, ended)
		}
	}
}

// Token returns the user's newest token, or "" if the stack has created none.
func (s *Stack) Token(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[user]
}

// NewToken creates a Hub token for the user and, if needed, the user. Without scopes the
// token has all scopes of the user, including access to the gateway.
func (s *Stack) NewToken(ctx context.Context, user string, scopes ...string) (string, error) {
	if s.auth != JupyterHub {
		return "", errors.New("a gateway with basic authentication has no tokens")
	}
	path := "hub/api/users/" + url.PathEscape(user)
	if _, err := s.admin(ctx, path, nil, http.StatusCreated, http.StatusConflict); err != nil {
		return "", err
	}
	note := map[string]any{"note": "for the tests"}
	if len(scopes) > 0 {
		note["scopes"] = scopes
	}
	response, err := s.admin(ctx, path+"/tokens", note, http.StatusCreated, http.StatusOK)
	if err != nil {
		return "", err
	}
	var created struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(response, &created); err != nil || created.Token == "" {
		return "", errors.Join(errors.New("the Hub's response contains no token"), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[user] = created.Token
	return created.Token, nil
}

// admin sends a POST to the Hub as the service that administers it.
func (s *Stack) admin(ctx context.Context, path string, body any, want ...int) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.HubURL+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "token "+s.AdminToken)
	return call(request, want...)
}

// call returns the body of a response with an expected status. It returns errNotReady
// without a response, and for responses of the proxies and the API server while the
// servers behind them start.
func call(request *http.Request, want ...int) ([]byte, error) {
	return callWith(client, request, want...)
}

func callWith(client *http.Client, request *http.Request, want ...int) ([]byte, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, errors.Join(errNotReady, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, errors.Join(errNotReady, err)
	}
	if slices.Contains(want, response.StatusCode) {
		return body, nil
	}
	err = fmt.Errorf("%s %s returned %s: %.300s", request.Method, request.URL.Path, response.Status, body)
	switch response.StatusCode {
	case http.StatusFound, http.StatusNotFound, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable:
		return nil, errors.Join(errNotReady, err)
	}
	return nil, err
}
