// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

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
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	prefix = "/services/dask-gateway"
	name   = "prod.fbfed27704fc4d1da027dad20471993b"
	other  = "prod.00000000000000000000000000000002"

	create  = "POST /api/v1/clusters/"
	list    = "GET /api/v1/clusters/"
	listAll = "GET /api/v1/clusters/?status=pending%2Crunning%2Cstopping%2Cstopped%2Cfailed"
	get     = "GET /api/v1/clusters/" + name
	poll    = get + "?wait"
	stop    = "DELETE /api/v1/clusters/" + name
	counts  = "GET /clusters/" + name + "/json/counts.json"
	options = "GET /api/v1/options"
)

// start is what the fake clock shows at first.
var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// reply is one answer, written by hand from what real servers were seen to say.
type reply struct {
	status      int
	contentType string
	body        string
	date        time.Time
	drop        bool
	before      func()
	request     func(r *http.Request, body string)
}

// scripted is a gateway below a prefix that gives the answers it was told to,
// each in its turn and the last one again and again.
type scripted struct {
	t        *testing.T
	mu       sync.Mutex
	replies  map[string][]reply
	requests []string
}

func newScripted(t *testing.T) (*scripted, *gateway.Client, *clock.Fake) {
	t.Helper()
	fake := clock.NewFake(start)
	s, client := newScriptedWith(t, fake)
	return s, client, fake
}

func newScriptedWith(t *testing.T, c clock.Clock) (*scripted, *gateway.Client) {
	t.Helper()
	s := &scripted{t: t, replies: map[string][]reply{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + prefix + "/")
	if err != nil {
		t.Fatal(err)
	}
	sender, err := transport.New(transport.Config{
		BaseURL: base, Auth: transport.JupyterHubAuth(secret.New("geheim")), UserAgent: "test", NoProxy: true,
		IsCredentialFailure: gateway.IsCredentialFailure,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, gateway.New(gateway.Config{Transport: sender, Clock: c})
}

func (s *scripted) on(request string, replies ...reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[request] = replies
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path, below := strings.CutPrefix(r.URL.EscapedPath(), prefix)
	if !below {
		s.t.Errorf("a request outside the prefix: %s", r.URL)
	}
	key := r.Method + " " + path
	if r.URL.RawQuery != "" {
		key += "?" + r.URL.RawQuery
	}
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
	w.Header()["Content-Type"] = nil
	if p.contentType != "" {
		w.Header().Set("Content-Type", p.contentType)
	}
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

// journal returns the requests so far.
func (s *scripted) journal() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *scripted) count(request string) int {
	n := 0
	for _, each := range s.journal() {
		if each == request {
			n++
		}
	}
	return n
}

// expect compares the requests so far.
func (s *scripted) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := s.journal(); !slices.Equal(got, want) {
		t.Errorf("the requests were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func ok(body string) reply {
	return reply{status: http.StatusOK, contentType: "application/json; charset=utf-8", body: body}
}

func failing(status int, words string) reply {
	return reply{status: status, contentType: "application/json; charset=utf-8", body: fmt.Sprintf(`{"error": %q}`, words)}
}

func text(status int, body string) reply {
	return reply{status: status, contentType: "text/plain; charset=utf-8", body: body}
}

var (
	created   = reply{status: http.StatusCreated, contentType: "application/json; charset=utf-8", body: `{"name": "` + name + `"}`}
	noContent = reply{status: http.StatusNoContent}
	missing   = failing(http.StatusNotFound, "Cluster "+name+" not found")
	badGate   = reply{status: http.StatusBadGateway}
	proxy404  = text(http.StatusNotFound, "Not Found\n")
	crashed   = text(http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
	empty     = ok(`{}`)
	lost      = reply{drop: true}
	clamped   = ok(`{"ok": false, "msg": "Scale request of 9 workers would exceed resource limit of 4 workers. Scaling to 4 instead."}`)
	declared  = ok(`{"cluster_options": [
		{"field": "worker_cores", "label": "Worker Cores", "default": 1, "spec": {"type": "float", "min": 0.1, "max": 8}},
		{"field": "worker_memory", "label": "Worker Memory (GiB)", "default": 8.0, "spec": {"type": "float", "min": 1.0, "max": null}},
		{"field": "image", "label": "Image", "default": "pangeo/pangeo-notebook:2026.08.01", "spec": {"type": "string"}},
		{"field": "gpu", "label": "GPU", "default": false, "spec": {"type": "bool"}},
		{"field": "environment", "label": "Environment", "default": {}, "spec": {"type": "mapping"}},
		{"field": "profile", "label": "Profile", "default": "small", "spec": {"type": "select", "options": ["small", "large"]}},
		{"field": "threads", "label": "Threads", "default": 2, "spec": {"type": "int", "min": 1, "max": 4}}]}`)
)

// defaults are the options in effect when none was chosen; cores is as the
// gateway writes it.
func defaults(cores string) string {
	return `{"worker_cores": ` + cores + `, "worker_memory": 8.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": false, "environment": {}, "profile": "small", "threads": 2}`
}

// clusterJSON is a cluster as the gateway writes it, keys included.
func clusterJSON(name, status string, began time.Time, options string) string {
	route, certificate, key, ended := "null", "null", "null", "null"
	switch status {
	case "RUNNING":
		route = `"/clusters/` + name + `/status"`
		certificate = `"-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"`
		key = `"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"`
	case "STOPPED", "FAILED":
		ended = fmt.Sprint(began.Add(time.Minute).UnixMilli())
	}
	return fmt.Sprintf(`{"name": %q, "dashboard_route": %s, "status": %q, "start_time": %d, "stop_time": %s, "options": %s, "tls_cert": %s, "tls_key": %s}`,
		name, route, status, began.UnixMilli(), ended, options, certificate, key)
}

// is answers with the cluster called name.
func is(status string) reply { return ok(clusterJSON(name, status, start, defaults("1.0"))) }

// listing answers with the clusters.
func listing(clusters ...string) reply {
	members := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		called := strings.SplitN(cluster, `"`, 5)[3]
		members = append(members, fmt.Sprintf("%q: %s", called, cluster))
	}
	return ok("{" + strings.Join(members, ", ") + "}")
}

func running(name string) string { return clusterJSON(name, "RUNNING", start, defaults("1.0")) }

// after returns the reply with something done before it is sent.
func after(p reply, do func()) reply {
	p.before = do
	return p
}

// at returns the reply with the server's clock.
func at(p reply, date time.Time) reply {
	p.date = date
	return p
}
