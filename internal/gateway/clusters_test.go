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
		{gateway.StatusRunning, "/clusters/" + name + "/status", false},
		{gateway.StatusStopping, "", false},
		{gateway.StatusStopped, "", true},
		{gateway.StatusFailed, "", true},
	} {
		t.Run(string(test.status), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, is(string(test.status)))
			cluster, err := client.GetCluster(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if cluster.Name != name || cluster.Status != test.status || cluster.DashboardRoute != test.route || !cluster.StartTime.Equal(start) {
				t.Errorf("got %+v", cluster)
			}
			if cluster.Status.IsFinal() != test.ended || cluster.StopTime.IsZero() == test.ended {
				t.Errorf("final %t, stopped at %s", cluster.Status.IsFinal(), cluster.StopTime)
			}
			if got := cluster.Options["worker_cores"]; got != json.Number("1.0") {
				t.Errorf("worker_cores is %#v", got)
			}
			if text := fmt.Sprintf("%+v", cluster); strings.Contains(text, "BEGIN") {
				t.Errorf("the cluster holds TLS material: %s", text)
			}
		})
	}
}

func TestGetCluster_sendsCredentialsWithEachRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	answer := is("RUNNING")
	answer.Request = func(r *http.Request, _ string) {
		if got := r.Header.Get("Authorization"); got != "jupyterhub sesame" {
			t.Errorf("Authorization: %q", got)
		}
	}
	server.On(get, answer)
	for range 2 {
		if _, err := client.GetCluster(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIsNotFound(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		answer reply
		want   bool
	}{
		"the gateway's own":       {missing, true},
		"the proxy's":             {proxy404, false},
		"the gateway's router":    {text(404, "404: Not Found"), false},
		"another JSON":            {failing(404, "No such thing"), false},
		"Traefik's":               {text(404, "404 page not found"), false},
		"an HTML page":            {reply{Status: 404, ContentType: "text/html", Body: "<html><title>404: Not Found</title>"}, false},
		"JSON said to be text":    {text(404, `{"error": "Cluster `+name+` not found"}`), false},
		"somebody else's cluster": {failing(403, "User bob lacks permissions to view cluster "+name), false},
		"a crash":                 {crashed, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, test.answer)
			_, err := client.GetCluster(t.Context(), name)
			if err == nil || gateway.IsNotFound(err) != test.want {
				t.Errorf("IsNotFound(%v) = %t, want %t", err, gateway.IsNotFound(err), test.want)
			}
		})
	}
}

func TestCredentialFailure(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(list, failing(500, "Permission failure verifying user's JupyterHub API token"))
	_, err := client.ListClusters(t.Context())
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != transport.KindCredentials {
		t.Errorf("got %v", err)
	}
	if !gateway.IsCredentialFailure(500, "Error during kerberos authentication") {
		t.Error("a ticket that the gateway cannot read is not taken for a credential failure")
	}
	if gateway.IsCredentialFailure(500, "Server got itself in trouble") || !gateway.IsCredentialFailure(401, "") {
		t.Error("a crash is no credential failure, a 401 is")
	}
}

func TestListClusters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(list, listing(running(name), clusterJSON(other, "PENDING", start, `{"x": NaN, "y": -Infinity}`)))
	server.On("GET /api/v1/clusters/?status=stopped%2Cfailed", empty)
	clusters, err := client.ListClusters(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(clusters) != 2 || clusters[name].Status != gateway.StatusRunning || clusters[other].Status != gateway.StatusPending {
		t.Errorf("got %+v", clusters)
	}
	if want := map[string]any{"x": nil, "y": nil}; !reflect.DeepEqual(clusters[other].Options, want) {
		t.Errorf("options that are no JSON became %v", clusters[other].Options)
	}
	ended, err := client.ListClusters(t.Context(), gateway.StatusStopped, gateway.StatusFailed)
	if err != nil || len(ended) != 0 {
		t.Errorf("got %v, %v", ended, err)
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{name, "prod." + name, "a", "team-1_x~", "...", strings.Repeat("a", 512)} {
		if !gateway.ValidName(valid) {
			t.Errorf("%q is refused", valid)
		}
	}
	for _, invalid := range []string{
		"", ".", "..", "/", "a/b", "../clusters/x", `a\b`, "a%2fb", "%2e%2e", "a?wait", "a#b", "a b", "a\nb", "a\x00b", "é", "a\xffb", "a:b", strings.Repeat("a", 513),
	} {
		if gateway.ValidName(invalid) {
			t.Errorf("%q is taken", invalid)
		}
	}
}

func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	html := reply{Status: 200, ContentType: "text/html", Body: "<html><body><h1>Sign in</h1></body></html>"}
	for label, test := range map[string]struct {
		request string
		answer  reply
		call    func(*gateway.Client) error
		words   string
	}{
		"a list that is an array": {list, ok(`[]`), listThem, "expected the list of clusters as JSON"},
		"a list that is null":     {list, ok(`null`), listThem, "expected the list of clusters as JSON"},
		"a list that breaks off":  {list, ok(`{"a": {`), listThem, "expected the list of clusters as JSON"},
		"a list of nameless":      {list, ok(`{"a": null}`), listThem, `the cluster "" under the name "a"`},
		"a page for a list":       {list, html, listThem, "Sign in"},
		"another cluster":         {get, ok(running(other)), getIt, "the response is about the cluster \"" + other},
		"a status that is none":   {get, ok(`{"name": 7}`), getIt, "got a JSON number in name"},
		"a creation without name": {create, ok(`{}`), createIt, `"" is not the name of a cluster`},
		"a creation of a path":    {create, ok(`{"name": "../clusters/x"}`), createIt, `"../clusters/x" is not the name of a cluster`},
		"a list with a path":      {list, ok(`{"x/../y": {"name": "x/../y"}}`), listThem, `"x/../y" is not the name of a cluster`},
		"options without any":     {options, ok(`{}`), optionsOf, "has no cluster_options"},
		"options of another kind": {options, ok(`{"cluster_options": {}}`), optionsOf, "got a JSON object in cluster_options"},
		"counts without workers":  {counts, ok(`{"bytes": 0}`), func(c *gateway.Client) error { _, err := c.Workers(t.Context(), name); return err }, "contains no count of workers"},
		"scaling without ok":      {"POST /api/v1/clusters/" + name + "/scale", ok(`null`), func(c *gateway.Client) error { _, err := c.Scale(t.Context(), name, 1); return err }, "has no ok"},
		"a version without one":   {"GET /api/version", ok(`{}`), func(c *gateway.Client) error { _, err := c.Version(t.Context()); return err }, "contains no version"},
		"health that fails":       {"GET /api/health", ok(`{"status": "fail"}`), func(c *gateway.Client) error { return c.Health(t.Context()) }, `"fail", not "pass"`},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, test.answer)
			err := test.call(client)
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != transport.KindBody {
				t.Fatalf("got %v, want an error of KindBody", err)
			}
			if !strings.Contains(err.Error(), test.words) || !strings.Contains(err.Error(), prefix) {
				t.Errorf("%q does not say %q and the path", err, test.words)
			}
		})
	}
}

func listThem(c *gateway.Client) error {
	_, err := c.ListClusters(background)
	return err
}

func createIt(c *gateway.Client) error {
	_, err := c.CreateCluster(background, nil)
	return err
}

func getIt(c *gateway.Client) error {
	_, err := c.GetCluster(background, name)
	return err
}

func optionsOf(c *gateway.Client) error {
	_, err := c.Options(background)
	return err
}

func TestCreateCluster_asksForOptions(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var bodies []string
	answer := created
	answer.Request = func(_ *http.Request, body string) { bodies = append(bodies, body) }
	server.On(create, answer)
	for _, options := range []map[string]any{nil, {"worker_cores": json.Number("2"), "gpu": true}} {
		if got, err := client.CreateCluster(t.Context(), options); err != nil || got != name {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if want := []string{`{"cluster_options":{}}`, `{"cluster_options":{"gpu":true,"worker_cores":2}}`}; !reflect.DeepEqual(bodies, want) {
		t.Errorf("sent %q, want %q", bodies, want)
	}
}

func TestScaleAndAdapt(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var sent []string
	record := func(p reply) reply {
		p.Request = func(_ *http.Request, body string) { sent = append(sent, body) }
		return p
	}
	server.On("POST /api/v1/clusters/"+name+"/scale", record(clamped))
	server.On("POST /api/v1/clusters/"+name+"/adapt", record(ok(`{"ok": true, "msg": null}`)))
	scaling, err := client.Scale(t.Context(), name, 9)
	if err != nil || scaling.OK || !strings.Contains(scaling.Message, "limit of 4 workers") {
		t.Errorf("Scale: %+v, %v", scaling, err)
	}
	most := int64(50)
	for _, bounds := range []gateway.Adaptive{{Maximum: &most, Active: true}, {}} {
		if scaling, err := client.Adapt(t.Context(), name, bounds); err != nil || !scaling.OK || scaling.Message != "" {
			t.Errorf("Adapt: %+v, %v", scaling, err)
		}
	}
	want := []string{`{"count":9}`, `{"minimum":null,"maximum":50,"active":true}`, `{"minimum":null,"maximum":null,"active":false}`}
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// A replica of a Kubernetes gateway may not know a cluster that another one has
// told of.
func TestScale_asksAgainWhereTheClusterIsNotKnownYet(t *testing.T) {
	t.Parallel()
	const scale = "POST /api/v1/clusters/" + name + "/scale"
	for label, test := range map[string]struct {
		lists []reply
		gets  []reply
		want  func(error) bool
	}{
		"known elsewhere": {[]reply{listing(running(name))}, nil, func(err error) bool { return err == nil }},
		"gone":            {[]reply{empty}, []reply{missing}, gateway.IsNotFound},
		"ended": {[]reply{empty}, []reply{is("STOPPED")}, func(err error) bool {
			var ended *gateway.EndedError
			return errors.As(err, &ended) && ended.Cluster.Status == gateway.StatusStopped
		}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(scale, missing, ok(`{"ok": true, "msg": null}`))
			server.On(list, test.lists...)
			server.On(get, test.gets...)
			server.On(poll, missing)
			if _, err := client.Scale(t.Context(), name, 1); !test.want(err) {
				t.Errorf("Scale: %v", err)
			}
			if got, want := server.Count(scale), map[bool]int{true: 2, false: 1}[label == "known elsewhere"]; got != want {
				t.Errorf("asked %d times, want %d", got, want)
			}
		})
	}
}

func TestScale_doesNotRepeatAConflict(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	scale := "POST /api/v1/clusters/" + name + "/scale"
	server.On(scale, failing(409, "cluster "+name+" is not running"))
	if _, err := client.Scale(t.Context(), name, 1); err == nil {
		t.Error("no error")
	}
	server.Expect(t, scale)
}

func TestPublicRoutes_getNoCredentials(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	open := func(p reply) reply {
		p.Request = func(r *http.Request, _ string) {
			if got := r.Header.Get("Authorization"); got != "" {
				t.Errorf("%s got credentials", r.URL.Path)
			}
		}
		return p
	}
	server.On(counts, open(ok(`{"bytes": 0, "clients": 1, "cores": 4, "workers": 3, "desired_workers": 0}`)))
	server.On(account, open(ok(`{"type": "Scheduler", "n_workers": 3, "workers": {}}`)))
	server.On("GET /api/version", open(ok(`{"version": "2026.3.0"}`)))
	server.On("GET /api/health", open(ok(`{"status": "pass"}`)))
	if workers, err := client.Workers(t.Context(), name); err != nil || workers != 3 {
		t.Errorf("Workers = %d, %v", workers, err)
	}
	if capacity, err := client.Capacity(t.Context(), name); err != nil || capacity.Workers != 3 {
		t.Errorf("Capacity = %+v, %v", capacity, err)
	}
	if version, err := client.Version(t.Context()); err != nil || version != "2026.3.0" {
		t.Errorf("Version = %q, %v", version, err)
	}
	if err := client.Health(t.Context()); err != nil {
		t.Errorf("Health: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, slash := range []string{"", "/"} {
		addresses := gateway.Addresses{PublicAddress: "https://hub.example.com/services/dask-gateway" + slash, ProxyAddress: "gateway://dask.example.com:8786"}
		if got, want := addresses.SchedulerAddress(name), "gateway://dask.example.com:8786/"+name; got != want {
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

func TestKubernetesTimes(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, ok(`{"name": "`+name+`", "dashboard_route": null, "status": "PENDING", "start_time": 1795422384000, "stop_time": null, "options": {"n": 1}, "tls_cert": null, "tls_key": null}`))
	cluster, err := client.GetCluster(t.Context(), name)
	if want := time.Date(2026, 11, 23, 8, 26, 24, 0, time.UTC); err != nil || !cluster.StartTime.Equal(want) || !cluster.StopTime.IsZero() {
		t.Errorf("got %s and %s, want %s, %v", cluster.StartTime, cluster.StopTime, want, err)
	}
}
