// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestGetCluster_decodesEachStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status gateway.Status
		route  string
		ended  bool
	}{
		{gateway.StatusPending, "", false},
		{gateway.StatusRunning, "/clusters/" + clusterName + "/status", false},
		{gateway.StatusStopping, "", false},
		{gateway.StatusStopped, "", true},
		{gateway.StatusFailed, "", true},
	} {
		t.Run(string(test.status), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, clusterReply(string(test.status)))
			cluster, err := client.GetCluster(t.Context(), clusterName)
			if err != nil {
				t.Fatal(err)
			}
			if cluster.Name != clusterName || cluster.Status != test.status || cluster.DashboardRoute != test.route || !cluster.StartTime.Equal(startTime) {
				t.Errorf("got %+v", cluster)
			}
			if cluster.Status.IsFinal() != test.ended || cluster.StopTime.IsZero() == test.ended {
				t.Errorf("final %t, stopped at %s", cluster.Status.IsFinal(), cluster.StopTime)
			}
			if got := cluster.Options["worker_cores"]; got != json.Number("1.0") {
				t.Errorf("worker_cores is %#v", got)
			}
			if text := fmt.Sprintf("%+v", cluster); strings.Contains(text, "BEGIN") {
				t.Errorf("the cluster contains TLS material: %s", text)
			}
		})
	}
}

func TestGetCluster_sendsCredentialsWithEachRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	response := clusterReply("RUNNING")
	response.Request = func(r *http.Request, _ string) {
		if got := r.Header.Get("Authorization"); got != "jupyterhub sesame" {
			t.Errorf("Authorization: %q", got)
		}
	}
	server.On(getRequest, response)
	for range 2 {
		if _, err := client.GetCluster(t.Context(), clusterName); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIsNotFound_acceptsOnlyTheGatewaysOwn404(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		reply serverReply
		want  bool
	}{
		"the gateway's own":             {notFoundReply, true},
		"the proxy's":                   {proxyNotFoundReply, false},
		"the gateway's router":          {textReply(404, "404: Not Found"), false},
		"another JSON":                  {errorReply(404, "No such thing"), false},
		"Traefik's":                     {textReply(404, "404 page not found"), false},
		"an HTML page":                  {serverReply{Status: 404, ContentType: "text/html", Body: "<html><title>404: Not Found</title>"}, false},
		"JSON with a text content type": {textReply(404, `{"error": "Cluster `+clusterName+` not found"}`), false},
		"another user's cluster":        {errorReply(403, "User bob lacks permissions to view cluster "+clusterName), false},
		"a crash":                       {crashReply, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, test.reply)
			_, err := client.GetCluster(t.Context(), clusterName)
			if err == nil || gateway.IsNotFound(err) != test.want {
				t.Errorf("IsNotFound(%v) = %t, want %t", err, gateway.IsNotFound(err), test.want)
			}
		})
	}
}

func TestIsCredentialFailure_recognisesTheGatewaysMessages(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(listRequest, errorReply(500, "Permission failure verifying user's JupyterHub API token"))
	_, err := client.ListClusters(t.Context())
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != transport.KindCredentials {
		t.Errorf("got %v", err)
	}
	if !gateway.IsCredentialFailure(500, "Error during kerberos authentication") {
		t.Error("a ticket that the gateway cannot read does not count as a credential failure")
	}
	if gateway.IsCredentialFailure(500, "Server got itself in trouble") || !gateway.IsCredentialFailure(401, "") {
		t.Error("a crash counts as a credential failure, or a 401 does not")
	}
}

func TestListClusters_decodesAndFilters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(listRequest, listReply(runningCluster(clusterName), clusterJSON(otherClusterName, "PENDING", startTime, `{"x": NaN, "y": -Infinity}`)))
	server.On("GET /api/v1/clusters/?status=stopped%2Cfailed", emptyListReply)
	clusters, err := client.ListClusters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(clusters) != 2 || clusters[clusterName].Status != gateway.StatusRunning || clusters[otherClusterName].Status != gateway.StatusPending {
		t.Errorf("got %+v", clusters)
	}
	if want := map[string]any{"x": nil, "y": nil}; !reflect.DeepEqual(clusters[otherClusterName].Options, want) {
		t.Errorf("options that JSON cannot represent became %v", clusters[otherClusterName].Options)
	}
	ended, err := client.ListClusters(t.Context(), gateway.StatusStopped, gateway.StatusFailed)
	if err != nil || len(ended) != 0 {
		t.Errorf("got %v, %v", ended, err)
	}
}

func TestValidName_rejectsWhatCouldChangeAURL(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{clusterName, "prod." + clusterName, "a", "team-1_x~", "...", strings.Repeat("a", 512)} {
		if !gateway.IsValidName(valid) {
			t.Errorf("%q is rejected", valid)
		}
	}
	for _, invalid := range []string{
		"", ".", "..", "/", "a/b", "../clusters/x", `a\b`, "a%2fb", "%2e%2e", "a?wait", "a#b", "a b", "a\nb", "a\x00b", "é", "a\xffb", "a:b", strings.Repeat("a", 513),
	} {
		if gateway.IsValidName(invalid) {
			t.Errorf("%q is accepted", invalid)
		}
	}
}

func TestClient_rejectsUnusableResponses(t *testing.T) {
	t.Parallel()
	html := serverReply{Status: 200, ContentType: "text/html", Body: "<html><body><h1>Sign in</h1></body></html>"}
	for label, test := range map[string]struct {
		request     string
		reply       serverReply
		call        func(*gateway.Client) error
		wantMessage string
	}{
		"a list that is an array":                   {listRequest, jsonReply(`[]`), listClusters, "expected the list of clusters as JSON"},
		"a list that is null":                       {listRequest, jsonReply(`null`), listClusters, "expected the list of clusters as JSON"},
		"a list that breaks off":                    {listRequest, jsonReply(`{"a": {`), listClusters, "expected the list of clusters as JSON"},
		"a list with null":                          {listRequest, jsonReply(`{"a": null}`), listClusters, `the cluster "" under the name "a"`},
		"a page for a list":                         {listRequest, html, listClusters, "Sign in"},
		"another cluster":                           {getRequest, jsonReply(runningCluster(otherClusterName)), getCluster, "the response is about the cluster \"" + otherClusterName},
		"a status that is a number":                 {getRequest, jsonReply(`{"name": 7}`), getCluster, "got a JSON number in name"},
		"a created cluster without a name":          {createRequest, jsonReply(`{}`), createCluster, `"" is not the name of a cluster`},
		"a created cluster with a path as its name": {createRequest, jsonReply(`{"name": "../clusters/x"}`), createCluster, `"../clusters/x" is not the name of a cluster`},
		"a list with a path":                        {listRequest, jsonReply(`{"x/../y": {"name": "x/../y"}}`), listClusters, `"x/../y" is not the name of a cluster`},
		"options without cluster_options":           {optionsRequest, jsonReply(`{}`), readOptions, "has no cluster_options"},
		"options of another kind":                   {optionsRequest, jsonReply(`{"cluster_options": {}}`), readOptions, "got a JSON object in cluster_options"},
		"counts without workers":                    {countsRequest, jsonReply(`{"bytes": 0}`), func(c *gateway.Client) error { _, err := c.Workers(t.Context(), clusterName); return err }, "contains no count of workers"},
		"scaling without ok":                        {"POST /api/v1/clusters/" + clusterName + "/scale", jsonReply(`null`), func(c *gateway.Client) error { _, err := c.Scale(t.Context(), clusterName, 1); return err }, "has no ok"},
		"a version without one":                     {"GET /api/version", jsonReply(`{}`), func(c *gateway.Client) error { _, err := c.Version(t.Context()); return err }, "contains no version"},
		"health that fails":                         {"GET /api/health", jsonReply(`{"status": "fail"}`), func(c *gateway.Client) error { return c.Health(t.Context()) }, `"fail", not "pass"`},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, test.reply)
			err := test.call(client)
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != transport.KindBody {
				t.Fatalf("got %v, want an error of KindBody", err)
			}
			if !strings.Contains(err.Error(), test.wantMessage) || !strings.Contains(err.Error(), pathPrefix) {
				t.Errorf("%q does not contain %q and the path", err, test.wantMessage)
			}
		})
	}
}

func listClusters(c *gateway.Client) error {
	_, err := c.ListClusters(background)
	return err
}

func createCluster(c *gateway.Client) error {
	_, err := c.CreateCluster(background, nil)
	return err
}

func getCluster(c *gateway.Client) error {
	_, err := c.GetCluster(background, clusterName)
	return err
}

func readOptions(c *gateway.Client) error {
	_, err := c.Options(background)
	return err
}

func TestCreateCluster_sendsOptions(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var bodies []string
	response := createdReply
	response.Request = func(_ *http.Request, body string) { bodies = append(bodies, body) }
	server.On(createRequest, response)
	for _, options := range []map[string]any{nil, {"worker_cores": json.Number("2"), "gpu": true}} {
		if got, err := client.CreateCluster(t.Context(), options); err != nil || got != clusterName {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if want := []string{`{"cluster_options":{}}`, `{"cluster_options":{"gpu":true,"worker_cores":2}}`}; !reflect.DeepEqual(bodies, want) {
		t.Errorf("sent %q, want %q", bodies, want)
	}
}

func TestScaleAndAdapt_sendTheirArguments(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var sent []string
	record := func(p serverReply) serverReply {
		p.Request = func(_ *http.Request, body string) { sent = append(sent, body) }
		return p
	}
	server.On("POST /api/v1/clusters/"+clusterName+"/scale", record(clampedReply))
	server.On("POST /api/v1/clusters/"+clusterName+"/adapt", record(jsonReply(`{"ok": true, "msg": null}`)))
	scaling, err := client.Scale(t.Context(), clusterName, 9)
	if err != nil || scaling.IsWithinLimit || !strings.Contains(scaling.Message, "limit of 4 workers") {
		t.Errorf("Scale: %+v, %v", scaling, err)
	}
	maximum := int64(50)
	for _, bounds := range []gateway.Adaptive{{Maximum: &maximum, Active: true}, {}} {
		if scaling, err := client.Adapt(t.Context(), clusterName, bounds); err != nil || !scaling.IsWithinLimit || scaling.Message != "" {
			t.Errorf("Adapt: %+v, %v", scaling, err)
		}
	}
	want := []string{`{"count":9}`, `{"minimum":null,"maximum":50,"active":true}`, `{"minimum":null,"maximum":null,"active":false}`}
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// One replica of a Kubernetes gateway may still lack a cluster that another has
// listed.
func TestScale_retriesWhenAReplicaLacksTheCluster(t *testing.T) {
	t.Parallel()
	const scale = "POST /api/v1/clusters/" + clusterName + "/scale"
	for label, test := range map[string]struct {
		lists    []serverReply
		gets     []serverReply
		want     func(error) bool
		requests int
	}{
		"listed by another replica": {[]serverReply{listReply(runningCluster(clusterName))}, nil, func(err error) bool { return err == nil }, 2},
		"gone":                      {[]serverReply{emptyListReply}, []serverReply{notFoundReply}, gateway.IsNotFound, 1},
		"ended": {[]serverReply{emptyListReply}, []serverReply{clusterReply("STOPPED")}, func(err error) bool {
			var ended *gateway.EndedError
			return errors.As(err, &ended) && ended.Cluster.Status == gateway.StatusStopped
		}, 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(scale, notFoundReply, jsonReply(`{"ok": true, "msg": null}`))
			server.On(listRequest, test.lists...)
			server.On(getRequest, test.gets...)
			server.On(longPollRequest, notFoundReply)
			if _, err := client.Scale(t.Context(), clusterName, 1); !test.want(err) {
				t.Errorf("Scale: %v", err)
			}
			if got := server.Count(scale); got != test.requests {
				t.Errorf("sent %d requests, want %d", got, test.requests)
			}
		})
	}
}

func TestScale_doesNotRepeatAConflict(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	scale := "POST /api/v1/clusters/" + clusterName + "/scale"
	server.On(scale, errorReply(409, "cluster "+clusterName+" is not running"))
	if _, err := client.Scale(t.Context(), clusterName, 1); err == nil {
		t.Error("no error")
	}
	server.Expect(t, scale)
}

func TestPublicRoutes_sendNoCredentials(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	open := func(p serverReply) serverReply {
		p.Request = func(r *http.Request, _ string) {
			if got := r.Header.Get("Authorization"); got != "" {
				t.Errorf("%s was sent with credentials", r.URL.Path)
			}
		}
		return p
	}
	server.On(countsRequest, open(jsonReply(`{"bytes": 0, "clients": 1, "cores": 4, "workers": 3, "desired_workers": 0}`)))
	server.On(identityRequest, open(jsonReply(`{"type": "Scheduler", "n_workers": 3, "workers": {}}`)))
	server.On("GET /api/version", open(jsonReply(`{"version": "2026.3.0"}`)))
	server.On("GET /api/health", open(jsonReply(`{"status": "pass"}`)))
	if workers, err := client.Workers(t.Context(), clusterName); err != nil || workers != 3 {
		t.Errorf("Workers = %d, %v", workers, err)
	}
	if capacity, err := client.Capacity(t.Context(), clusterName); err != nil || capacity.Workers != 3 {
		t.Errorf("Capacity = %+v, %v", capacity, err)
	}
	if version, err := client.Version(t.Context()); err != nil || version != "2026.3.0" {
		t.Errorf("Version = %q, %v", version, err)
	}
	if err := client.Health(t.Context()); err != nil {
		t.Errorf("Health: %v", err)
	}
}

func TestAddresses_acceptATrailingSlash(t *testing.T) {
	t.Parallel()
	for _, slash := range []string{"", "/"} {
		addresses := gateway.Addresses{PublicAddress: "https://hub.example.com/services/dask-gateway" + slash, ProxyAddress: "gateway://dask.example.com:8786"}
		if got, want := addresses.SchedulerAddress(clusterName), "gateway://dask.example.com:8786/"+clusterName; got != want {
			t.Errorf("scheduler %q, want %q", got, want)
		}
		if got, want := addresses.DashboardLink("/clusters/x/status"), "https://hub.example.com/services/dask-gateway/clusters/x/status"; got != want {
			t.Errorf("dashboard %q, want %q", got, want)
		}
		if got := addresses.DashboardLink(""); got != "" {
			t.Errorf("a cluster without a dashboard has %q", got)
		}
	}
}

func TestGetCluster_decodesTimesInWholeSeconds(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, jsonReply(`{"name": "`+clusterName+`", "dashboard_route": null, "status": "PENDING", "start_time": 1795422384000, "stop_time": null, "options": {"n": 1}, "tls_cert": null, "tls_key": null}`))
	cluster, err := client.GetCluster(t.Context(), clusterName)
	if want := time.Date(2026, 11, 23, 8, 26, 24, 0, time.UTC); err != nil || !cluster.StartTime.Equal(want) || !cluster.StopTime.IsZero() {
		t.Errorf("got %s and %s, want %s, %v", cluster.StartTime, cluster.StopTime, want, err)
	}
}
