// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	prefix = "/x"
	tokens = "/hub/api/users/alice/tokens"

	whoami = "GET /hub/api/user"
	post   = "POST " + tokens
	list   = "GET " + tokens
	get    = "GET " + tokens + "/a12"
	remove = "DELETE " + tokens + "/a12"
)

// start is what the fake clock shows at first.
var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// reply is one answer, written by hand from what real Hubs were seen to say.
type reply struct {
	status  int
	body    string
	text    bool
	date    time.Time
	drop    bool
	before  func()
	request func(r *http.Request, body string)
}

// scripted is a Hub below a prefix that gives the answers it was told to, each
// in its turn and the last one again and again.
type scripted struct {
	t        *testing.T
	mu       sync.Mutex
	replies  map[string][]reply
	requests []string
}

func newScripted(t *testing.T) (*scripted, *hub.Client, *clock.Fake) {
	t.Helper()
	s := &scripted{t: t, replies: map[string][]reply{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + prefix + "/")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := transport.New(transport.Config{
		BaseURL: base, Auth: transport.TokenAuth(secret.New("geheim")), NoProxy: true, IsCredentialFailure: hub.IsCredentialFailure,
	})
	if err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(start)
	return s, hub.New(sender, fake), fake
}

func (s *scripted) on(request string, replies ...reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[request] = replies
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path, below := strings.CutPrefix(r.URL.EscapedPath(), prefix)
	if !below || r.Header.Get("Authorization") != "token geheim" {
		s.t.Errorf("outside the prefix or without credentials: %s", r.URL)
	}
	key := r.Method + " " + path
	s.mu.Lock()
	s.requests = append(s.requests, key)
	waiting := s.replies[key]
	if len(waiting) > 1 {
		s.replies[key] = waiting[1:]
	}
	s.mu.Unlock()
	if len(waiting) == 0 {
		s.t.Errorf("an unexpected request: %s", key)
		http.Error(w, "unexpected", http.StatusTeapot)
		return
	}
	waiting[0].send(s.t, w, r, string(body))
}

func (p reply) send(t *testing.T, w http.ResponseWriter, r *http.Request, body string) {
	if p.request != nil {
		p.request(r, body)
	}
	if p.before != nil {
		p.before()
	}
	if p.drop {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
		return
	}
	w.Header()["Date"] = nil
	if !p.date.IsZero() {
		w.Header().Set("Date", p.date.UTC().Format(http.TimeFormat))
	}
	w.Header().Set("Content-Type", "application/json")
	if p.text {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

// expect compares the requests so far.
func (s *scripted) expect(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.requests, want) {
		t.Errorf("the requests were\n%s\nwant\n%s", strings.Join(s.requests, "\n"), strings.Join(want, "\n"))
	}
}

func ok(body string) reply { return reply{status: http.StatusOK, body: body} }

// failing is a Hub's error; message is written as it is, null or with quotes.
func failing(status int, message string) reply {
	return reply{status: status, body: fmt.Sprintf(`{"status": %d, "message": %s}`, status, message)}
}

var (
	noSuchToken = failing(http.StatusNotFound, `"No such token a12 for user alice"`)
	noContent   = reply{status: http.StatusNoContent}
	lost        = reply{drop: true}
)

// tokenJSON is a token as the Hub writes it; members are added at its end.
func tokenJSON(id, note string, created time.Time, members string) string {
	return fmt.Sprintf(`{"user": "alice", "id": %q, "kind": "api_token", "roles": [], "scopes": ["read:users:name!user=alice", "access:services!service=dask-gateway"], `+
		`"created": %q, "last_activity": null, "expires_at": null, "note": %q, "session_id": null, "oauth_client": "JupyterHub"%s}`,
		id, created.UTC().Format("2006-01-02T15:04:05.000000Z"), note, members)
}

func issued(id string, created time.Time) reply {
	return reply{status: http.StatusCreated, body: tokenJSON(id, "ci", created, `, "token": "0123456789abcdef0123456789abcdef"`)}
}

func listing(date time.Time, all ...string) reply {
	return reply{status: http.StatusOK, body: `{"api_tokens": [` + strings.Join(all, ", ") + `]}`, date: date}
}

// after returns the reply with something done before it is sent.
func after(p reply, do func()) reply {
	p.before = do
	return p
}
