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
	pathPrefix       = "/services/dask-gateway"
	clusterName      = "prod.fbfed27704fc4d1da027dad20471993b"
	otherClusterName = "prod.00000000000000000000000000000002"

	createRequest   = "POST /api/v1/clusters/"
	listRequest     = "GET /api/v1/clusters/"
	listAllRequest  = "GET /api/v1/clusters/?status=pending%2Crunning%2Cstopping%2Cstopped%2Cfailed"
	getRequest      = "GET /api/v1/clusters/" + clusterName
	longPollRequest = getRequest + "?wait"
	stopRequest     = "DELETE /api/v1/clusters/" + clusterName
	countsRequest   = "GET /clusters/" + clusterName + "/json/counts.json"
	identityRequest = "GET /clusters/" + clusterName + "/json/identity.json"
	optionsRequest  = "GET /api/v1/options"

	// cacheFillRequest gives the cache of a Kubernetes gateway the time to fill.
	cacheFillRequest = "GET /api/v1/clusters/terraform-provider-pc?wait"
)

// startTime is the initial time of the fake clock.
var startTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type serverReply = scripted.Reply

func newScripted(t *testing.T) (*scripted.Server, *gateway.Client, *clock.Fake) {
	t.Helper()
	fake := clock.NewFake(startTime)
	server, client := newScriptedWith(t, fake)
	return server, client, fake
}

func newScriptedWith(t *testing.T, c clock.Clock) (*scripted.Server, *gateway.Client) {
	t.Helper()
	server := scripted.New(t, pathPrefix)
	// Without a cache, the gateway responds at once.
	server.On(cacheFillRequest, unknownReply)
	sender, err := transport.New(transport.Config{
		BaseURL: server.Base, Auth: transport.JupyterHubAuth(secret.New("sesame")), UserAgent: "test", BypassesProxy: true,
		IsCredentialFailure: gateway.IsCredentialFailure,
	})
	if err != nil {
		t.Fatal(err)
	}
	return server, gateway.New(gateway.Config{Transport: sender, Clock: c})
}

func jsonReply(body string) serverReply {
	return serverReply{Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}

func errorReply(status int, message string) serverReply {
	return serverReply{Status: status, ContentType: "application/json; charset=utf-8", Body: fmt.Sprintf(`{"error": %q}`, message)}
}

func textReply(status int, body string) serverReply {
	return serverReply{Status: status, ContentType: "text/plain; charset=utf-8", Body: body}
}

var (
	createdReply       = serverReply{Status: http.StatusCreated, ContentType: "application/json; charset=utf-8", Body: `{"name": "` + clusterName + `"}`}
	noContentReply     = serverReply{Status: http.StatusNoContent}
	notFoundReply      = errorReply(http.StatusNotFound, "Cluster "+clusterName+" not found")
	badGatewayReply    = serverReply{Status: http.StatusBadGateway}
	unknownReply       = errorReply(http.StatusNotFound, "Cluster terraform-provider-pc not found")
	proxyNotFoundReply = textReply(http.StatusNotFound, "Not Found\n")
	crashReply         = textReply(http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
	emptyListReply     = jsonReply(`{}`)
	lostReply          = serverReply{Drop: true}
	clampedReply       = jsonReply(`{"ok": false, "msg": "Scale request of 9 workers would exceed resource limit of 4 workers. Scaling to 4 instead."}`)
	optionsReply       = jsonReply(`{"cluster_options": [
		{"field": "worker_cores", "label": "Worker Cores", "default": 1, "spec": {"type": "float", "min": 0.1, "max": 8}},
		{"field": "worker_memory", "label": "Worker Memory (GiB)", "default": 8.0, "spec": {"type": "float", "min": 1.0, "max": null}},
		{"field": "image", "label": "Image", "default": "pangeo/pangeo-notebook:2026.08.01", "spec": {"type": "string"}},
		{"field": "gpu", "label": "GPU", "default": false, "spec": {"type": "bool"}},
		{"field": "environment", "label": "Environment", "default": {}, "spec": {"type": "mapping"}},
		{"field": "profile", "label": "Profile", "default": "small", "spec": {"type": "select", "options": ["small", "large"]}},
		{"field": "threads", "label": "Threads", "default": 2, "spec": {"type": "int", "min": 1, "max": 4}}]}`)
)

// defaultOptions returns the options in effect if the user chooses none. cores is
// the number as the gateway writes it.
func defaultOptions(cores string) string {
	return `{"worker_cores": ` + cores + `, "worker_memory": 8.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": false, "environment": {}, "profile": "small", "threads": 2}`
}

// clusterJSON returns a cluster as the gateway writes it, keys included.
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

// clusterReply returns clusterName with this status.
func clusterReply(status string) serverReply {
	return jsonReply(clusterJSON(clusterName, status, startTime, defaultOptions("1.0")))
}

// listReply lists the clusters.
func listReply(clusters ...string) serverReply {
	members := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		name := strings.SplitN(cluster, `"`, 5)[3]
		members = append(members, fmt.Sprintf("%q: %s", name, cluster))
	}
	return jsonReply("{" + strings.Join(members, ", ") + "}")
}

func runningCluster(name string) string {
	return clusterJSON(name, "RUNNING", startTime, defaultOptions("1.0"))
}

// withServerTime returns the reply with this Date header.
func withServerTime(reply serverReply, date time.Time) serverReply {
	reply.Date = date
	return reply
}
