// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func reading(name, typeName string, body object, prepare func(w *world)) scenario {
	return scenario{name: name, run: func(w *world) {
		prepare(w)
		w.data(typeName, body)
	}}
}

func nothing(*world) {}

// connectionScenarios are failures of the first request to the gateway or the Hub.
func connectionScenarios() []scenario {
	responding := func(name string, status int, contentType, body string, header http.Header) scenario {
		return reading(name, "pc_gateway", object{}, func(w *world) {
			w.mock.FailNext(mockserver.Fault{Times: 1 << 20, Status: status, ContentType: contentType, Body: body, Header: header})
		})
	}
	scenarios := []scenario{
		responding("a redirect to a login page", http.StatusFound, "text/html", "", http.Header{"Location": {"/hub/login?next=x"}}),
		responding("a redirect to an identity provider", http.StatusFound, "text/html", "", http.Header{"Location": {"https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=1"}}),
		responding("a redirect to another place", http.StatusMovedPermanently, "text/html", "", http.Header{"Location": {"https://www.example.com/"}}),
		responding("a firewall forbids the request", http.StatusForbidden, "text/html", "<h1>Blocked</h1>", nil),
		responding("a page of the Hub", http.StatusForbidden, "application/json", `{"message": "'_xsrf' argument missing from POST"}`, nil),
		responding("a JSON 404 at a wrong path", http.StatusNotFound, "application/json", `{"message": "Not Found"}`, nil),
		responding("a 404 of a proxy", http.StatusNotFound, "text/plain", "Not Found", nil),
		responding("a rate limit", http.StatusTooManyRequests, "text/plain", "slow down", nil),
		responding("another kind of server", http.StatusOK, "text/html", "<h1>Welcome</h1>", nil),
		responding("a proxy requires credentials", http.StatusProxyAuthRequired, "text/plain", "no", nil),
		responding("a conflict", http.StatusConflict, "application/json", gatewayError("no"), nil),
		{name: "the address of a Hub in place of a gateway", run: func(w *world) {
			w.block["address"] = w.mock.HubURL()
			w.mock.FailNext(mockserver.Fault{Times: 1 << 20, Status: http.StatusNotFound, ContentType: "application/json", Body: `{"message": "Not Found"}`})
			w.data("pc_gateway", object{})
		}},
		{name: "a wrong token", block: object{"api_token": "wrong"}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "a token without the gateway's scope", run: func(w *world) {
			w.block["api_token"] = w.mock.NewToken("alice", "read:users!user=alice")
			w.data("pc_clusters", object{})
		}},
		{name: "a token at a gateway with a password", mock: mockserver.Config{Auth: "basic", Password: hidden}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "a password at a gateway behind a JupyterHub", block: object{"auth": "basic", "username": "alice", "password": hidden, "api_token": nil}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "a wrong password", mock: mockserver.Config{Auth: "basic", Password: hidden}, block: object{"auth": "basic", "username": "alice", "password": "wrong", "api_token": nil}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "no credentials", block: object{"auth": "none", "api_token": nil}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "an https address of a server without TLS", run: func(w *world) {
			w.block["address"] = "https" + w.mock.GatewayURL()[len("http"):]
			w.data("pc_clusters", object{})
		}},
		{name: "clear text to a distant host", block: object{"address": "http://hub.invalid/services/dask-gateway/"}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "no ticket", block: object{"auth": "kerberos", "api_token": nil}, environment: map[string]string{"KRB5CCNAME": "FILE:/nonexistent/krb5cc", "KRB5_CONFIG": "/nonexistent/krb5.conf"}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "a proxy that cannot be reached", block: object{"address": "https://hub.invalid/services/dask-gateway/"}, run: func(w *world) {
			w.block["http_proxy"] = closedPort(w.t)
			w.data("pc_clusters", object{})
		}},
		{name: "the response is lost", run: func(w *world) {
			w.mock.FailNext(mockserver.Fault{Times: 1 << 20, Drop: mockserver.DropAfterHandling})
			w.data("pc_clusters", object{})
		}},
	}
	return scenarios
}

func providerScenarios() []scenario {
	configuring := func(name string, block object) scenario {
		return scenario{name: name, block: block, run: func(w *world) { w.configured() }}
	}
	manyProblems := map[string]string{}
	for i := range 100 {
		manyProblems[fmt.Sprintf("DASK_GATEWAY__CLUSTER__OPTIONS__X%d", i)] = "{MISSING}"
	}
	scenarios := []scenario{
		{name: "many problems", environment: manyProblems, run: func(w *world) {
			w.configured()
			w.shown = w.shown[len(w.shown)-1:]
		}},
		{name: "a file of the Python environment is too large", run: func(w *world) {
			writeFile(w, filepath.Join(w.folder, "bin", "python3"), "")
			if err := os.Chmod(filepath.Join(w.folder, "bin", "python3"), 0o700); err != nil { //nolint:gosec // it must be executable
				w.t.Fatal(err)
			}
			writeFile(w, filepath.Join(w.folder, "pyvenv.cfg"), strings.Repeat("a = 1\n", 1<<20))
			w.t.Setenv("PATH", filepath.Join(w.folder, "bin"))
			w.configured()
		}},
		configuring("an address without a scheme", object{"address": "hub.example.com"}),
		{name: "a fraction of a worker in the limits", run: func(w *world) { w.validateProvider(object{"limits": object{"workers": 1.5, "cores": 1.5}}) }},
		configuring("an address with a password", object{"address": "https://alice:" + hidden + "@hub.example.com/"}),
		configuring("a proxy address without a port", object{"proxy_address": "dask.example.com"}),
		configuring("an HTTP proxy without a scheme", object{"http_proxy": hidden + ":3128"}),
		configuring("an unknown kind of authentication", object{"auth": "oauth"}),
		configuring("too many retries", object{"max_retries": 1000}),
		configuring("a timeout that is no duration", object{"request_timeout": "30"}),
		configuring("a certificate that is a file name", object{"ca_certificate": "ca.pem"}),
		configuring("a token with a line end", object{"api_token": hidden + "\n"}),
		configuring("an invalid principal", object{"auth": "kerberos", "api_token": nil, "principal": "a/b/c@", "keytab_path": "/nonexistent/keytab"}),
		configuring("a keytab that does not exist", object{"auth": "kerberos", "api_token": nil, "principal": "pipeline@EXAMPLE.COM", "keytab_path": "/nonexistent/keytab"}),
		{name: "no address", block: object{"address": nil}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "no token", block: object{"api_token": nil}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "no address of the Hub", block: object{"address": "https://dask.example.com/"}, run: func(w *world) { w.data("pc_hub_user", object{}) }},
		{name: "a data source with a token that is known only after apply", block: object{"api_token": unknown}, run: func(w *world) { w.data("pc_clusters", object{}) }},
		{name: "invalid cluster options of Dask's configuration", environment: map[string]string{"DASK_GATEWAY__CLUSTER__OPTIONS": "1"}, run: func(w *world) { w.configured() }},
		{name: "a template that cannot be filled in", environment: map[string]string{"DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE": "{JUPYTER_IMAGE_SPEC}"}, run: func(w *world) { w.configured() }},
		{name: "a configuration that a parent process passes on and that is damaged", environment: map[string]string{"DASK_INTERNAL_INHERIT_CONFIG": "!"}, run: func(w *world) { w.configured() }},
		{name: "the settings of planetary_computer are damaged", run: func(w *world) {
			home := w.folder
			writeFile(w, filepath.Join(home, ".planetarycomputer", "settings.env"), strings.Repeat("A=1\n", 1<<20))
			w.t.Setenv("HOME", home)
			w.data("pc_collection", object{"id": "sentinel-2-l2a"})
		}},
	}
	for _, each := range []struct{ name, text string }{
		{"a file of Dask with an alias without an anchor", "gateway:\n  address: *" + hidden + "\n"},
		{"a file of Dask with an unclosed list", "a: 1\nb: [1, 2\nc: 3\n"},
	} {
		scenarios = append(scenarios, scenario{name: each.name, run: func(w *world) {
			file := filepath.Join(w.folder, "gateway.yaml")
			writeFile(w, file, each.text)
			w.t.Setenv("DASK_CONFIG", file)
			w.configured()
		}})
	}
	return append(scenarios, scenario{name: "a file of Dask that is too large", run: func(w *world) {
		file := filepath.Join(w.folder, "gateway.yaml")
		writeFile(w, file, string(make([]byte, 1<<20)))
		w.t.Setenv("DASK_CONFIG", file)
		w.configured()
	}})
}

func writeFile(w *world, path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// dataScenarios are failures of the data sources, ephemeral resources and list resources
// of clusters.
func dataScenarios() []scenario {
	refuseCounts := func(w *world) {
		w.respondAlways(http.MethodGet, "*/counts.json", http.StatusForbidden, gatewayError("no"))
		w.respondAlways(http.MethodGet, "*/json/*", http.StatusForbidden, gatewayError("no"))
		w.respondAlways(http.MethodGet, "*/metrics", http.StatusForbidden, gatewayError("no"))
	}
	withCluster := func(name string, run func(w *world, clusterName string)) scenario {
		return scenario{name: name, run: func(w *world) { run(w, w.mock.AddCluster("alice", object{"worker_cores": 2})) }}
	}
	return []scenario{
		reading("an invalid name", "pc_dask_cluster", object{"name": "a/b"}, nothing),
		reading("no such cluster", "pc_dask_cluster", object{"name": unusedName}, nothing),
		reading("a cluster that cannot be read", "pc_dask_cluster", object{"name": unusedName}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusForbidden, gatewayError("no"))
		}),
		withCluster("the workers cannot be counted", func(w *world, clusterName string) {
			refuseCounts(w)
			w.data("pc_dask_cluster", object{"name": clusterName})
		}),
		withCluster("it is not known whether clusters are idle", func(w *world, _ string) {
			refuseCounts(w)
			w.data("pc_clusters", object{"activity": true})
		}),
		reading("an unknown status", "pc_clusters", object{"statuses": []any{"DONE"}}, nothing),
		reading("a null status", "pc_clusters", object{"statuses": []any{nil}}, nothing),
		reading("the clusters cannot be listed", "pc_clusters", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/", http.StatusForbidden, gatewayError("no"))
		}),
		reading("the options cannot be read", "pc_cluster_options", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/options", http.StatusForbidden, gatewayError("no"))
		}),
		reading("the gateway does not return its version", "pc_gateway", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/version", http.StatusOK, `{}`)
		}),
		reading("an unhealthy gateway", "pc_gateway", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/health", http.StatusInternalServerError, `{"status": "fail"}`)
		}),
		reading("the health of the gateway is not known", "pc_gateway", object{}, func(w *world) {
			w.mock.FailNext(mockserver.Fault{Path: "*/health", Times: 1 << 20, Drop: mockserver.DropBeforeHandling})
		}),
		reading("an old gateway", "pc_gateway", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/version", http.StatusOK, `{"version": "0.9.0"}`)
		}),
		{name: "credentials of a cluster that does not exist", run: func(w *world) { w.open("pc_dask_cluster_credentials", object{"name": unusedName}) }},
		withCluster("credentials of a cluster that has ended", func(w *world, clusterName string) {
			w.mock.StopCluster(clusterName)
			w.open("pc_dask_cluster_credentials", object{"name": clusterName})
		}),
		{name: "credentials of a cluster that starts", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: 20 * time.Millisecond}, run: func(w *world) {
			w.created(clusterType, object{"timeouts": object{"create": "100ms"}})
			w.open("pc_dask_cluster_credentials", object{"name": w.mock.Clusters("alice")[0].Name, "timeouts": object{"open": "150ms"}})
		}},
		{name: "credentials that cannot be read", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusForbidden, gatewayError("no"))
			w.open("pc_dask_cluster_credentials", object{"name": unusedName})
		}},
		{name: "a list that cannot be read", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/", http.StatusForbidden, gatewayError("no"))
			w.list(clusterType, providertest.ListQuery{Config: object{}})
		}},
		{name: "a list without the declared options", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/options", http.StatusForbidden, gatewayError("no"))
			w.list(clusterType, providertest.ListQuery{Config: object{}})
		}},
		{name: "a list with more items than its limit", run: func(w *world) {
			w.mock.AddCluster("alice", nil)
			w.mock.AddCluster("alice", nil)
			w.list(clusterType, providertest.ListQuery{Config: object{}, Limit: 1})
		}},
	}
}

func actionScenarios() []scenario {
	invoking := func(name, typeName string, body object) scenario {
		return scenario{name: name, run: func(w *world) { w.invoke(typeName, body) }}
	}
	const scale, stop, stopServer, revoke = "pc_dask_cluster_scale", "pc_dask_cluster_stop", "pc_hub_server_stop", "pc_hub_token_revoke"
	return []scenario{
		invoking("scale with neither workers nor adapt", scale, object{"name": unusedName}),
		invoking("scale below zero", scale, object{"name": unusedName, "workers": -1}),
		invoking("scale that waits for more than it requests", scale, object{"name": unusedName, "workers": 1, "wait_for_workers": 2}),
		invoking("scale with a timeout of zero", scale, object{"name": unusedName, "workers": 1, "timeout": "0s"}),
		invoking("scale a cluster that does not exist", scale, object{"name": unusedName, "workers": 1}),
		{name: "scale with limits that cannot be checked", block: object{"limits": object{"cores": 4}}, run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusForbidden, gatewayError("no"))
			w.invoke(scale, object{"name": unusedName, "workers": 1})
		}},
		{name: "scale beyond the gateway's limit", mock: mockserver.Config{MaxWorkers: 2}, run: func(w *world) {
			w.invoke(scale, object{"name": w.mock.AddCluster("alice", nil), "workers": 3})
		}},
		{name: "scale and wait for workers that do not join", mock: mockserver.Config{WorkerDelay: time.Hour}, run: func(w *world) {
			w.invoke(scale, object{"name": w.mock.AddCluster("alice", nil), "workers": 3, "wait_for_workers": 3, "timeout": "300ms"})
		}},
		invoking("stop with neither name nor names", stop, object{}),
		invoking("stop an invalid name", stop, object{"names": []any{"a/b"}}),
		{name: "stop a cluster that computes", run: func(w *world) {
			name := w.mock.AddCluster("alice", nil)
			w.mock.SetSchedulerLoad(name, mockserver.SchedulerLoad{Tasks: 3, Processing: 3})
			w.invoke(stop, object{"name": name, "only_if_idle": true})
		}},
		{name: "stop a cluster whose scheduler does not respond", run: func(w *world) {
			name := w.mock.AddCluster("alice", nil)
			w.respondAlways(http.MethodGet, "*/json/*", http.StatusForbidden, gatewayError("no"))
			w.invoke(stop, object{"name": name, "only_if_idle": true})
		}},
		{name: "stop a cluster of another user", run: func(w *world) { w.invoke(stop, object{"name": w.mock.AddCluster("bob", nil)}) }},
		invoking("stop the server of an invalid user", stopServer, object{"user": "a/b", "name": "gpu"}),
		{name: "the Hub refuses to stop a server", run: func(w *world) {
			w.mock.StartHubServer("alice", "gpu", "{}")
			w.respondAlways(http.MethodDelete, "*", http.StatusForbidden, `{"status": 403, "message": "Action is not authorized with current scopes; requires any of [delete:servers]"}`)
			w.invoke(stopServer, object{"user": "alice", "name": "gpu"})
		}},
		invoking("revoke a token of an invalid user", revoke, object{"user": "a/b", "id": "a1", "note": "ci"}),
		invoking("revoke a token with an invalid id", revoke, object{"id": "a/1", "note": "ci"}),
		{name: "revoke a token with another note", run: func(w *world) {
			w.invoke(revoke, object{"id": w.mock.AddToken("alice", "another"), "note": "ci"})
		}},
		{name: "the Hub refuses to revoke a token", run: func(w *world) {
			w.respondAlways(http.MethodDelete, "*", http.StatusForbidden, `{"status": 403, "message": "no"}`)
			w.invoke(revoke, object{"id": w.mock.AddToken("alice", "ci"), "note": "ci"})
		}},
	}
}
