// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
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
	account = "GET /clusters/" + name + "/json/identity.json"
	options = "GET /api/v1/options"
)

// start is what the fake clock shows at first.
var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type reply = scripted.Reply

func newScripted(t *testing.T) (*scripted.Server, *gateway.Client, *clock.Fake) {
	t.Helper()
	fake := clock.NewFake(start)
	s, client := newScriptedWith(t, fake)
	return s, client, fake
}

func newScriptedWith(t *testing.T, c clock.Clock) (*scripted.Server, *gateway.Client) {
	t.Helper()
	server := scripted.New(t, prefix)
	sender, err := transport.New(transport.Config{
		BaseURL: server.Base, Auth: transport.JupyterHubAuth(secret.New("sesame")), UserAgent: "test", NoProxy: true,
		IsCredentialFailure: gateway.IsCredentialFailure,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, gateway.New(gateway.Config{Transport: sender, Clock: c})
}

func ok(body string) reply {
	return reply{Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}

func failing(status int, words string) reply {
	return reply{Status: status, ContentType: "application/json; charset=utf-8", Body: fmt.Sprintf(`{"error": %q}`, words)}
}

func text(status int, body string) reply {
	return reply{Status: status, ContentType: "text/plain; charset=utf-8", Body: body}
}

var (
	created   = reply{Status: http.StatusCreated, ContentType: "application/json; charset=utf-8", Body: `{"name": "` + name + `"}`}
	noContent = reply{Status: http.StatusNoContent}
	missing   = failing(http.StatusNotFound, "Cluster "+name+" not found")
	badGate   = reply{Status: http.StatusBadGateway}
	proxy404  = text(http.StatusNotFound, "Not Found\n")
	crashed   = text(http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
	empty     = ok(`{}`)
	lost      = reply{Drop: true}
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

// at returns the reply with the server's clock.
func at(p reply, date time.Time) reply {
	p.Date = date
	return p
}
