// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"context"
	"math/big"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	clusterType = providertest.ClusterType
	tokenType   = providertest.TokenType
	serverType  = providertest.ServerType
	// unusedName is a valid name that no cluster has.
	unusedName = "0123456789abcdef0123456789abcdef"
)

// gatewayError is the body of an error of the gateway.
func gatewayError(message string) string { return `{"error": "` + message + `"}` }

func validating(name, typeName string, body object) scenario {
	return scenario{name: name, run: func(w *world) { w.validate(typeName, body) }}
}

func clusterPlanScenarios() []scenario {
	return []scenario{
		validating("options that are no object", clusterType, object{"options": hidden}),
		validating("options that are a list", clusterType, object{"options": []any{1}}),
		validating("secret options that are no object", clusterType, object{"options_wo": hidden}),
		validating("adapt without members", clusterType, object{"adapt": object{}}),
		validating("adapt with the minimum above the maximum", clusterType, object{"adapt": object{"minimum": 3, "maximum": 1}}),
		validating("a fraction in adapt", clusterType, object{"adapt": object{"minimum": 1.5, "maximum": 3}}),
		validating("a fraction of a worker", clusterType, object{"workers": 1.5}),
		validating("a negative number of workers", clusterType, object{"workers": -1}),
		validating("workers and adapt", clusterType, object{"workers": 1, "adapt": object{"minimum": 1}}),
		validating("waiting without workers", clusterType, object{"wait_for_workers": 1}),
		validating("waiting for more than workers", clusterType, object{"workers": 1, "wait_for_workers": 2}),
		validating("waiting for more than the maximum", clusterType, object{"adapt": object{"maximum": 1}, "wait_for_workers": 2}),
		validating("waiting for more than the minimum", clusterType, object{"adapt": object{"minimum": 1, "maximum": 9}, "wait_for_workers": 2}),
		validating("a timeout of zero", clusterType, object{"timeouts": object{"create": "0s"}}),
		validating("a timeout that is no duration", clusterType, object{"timeouts": object{"create": "20"}}),
		validating("an unknown value of when_ended", clusterType, object{"when_ended": "delete"}),
		validating("options_wo_version without options_wo", clusterType, object{"options_wo_version": 1}),
		validating("an option in both places", clusterType, object{"options": object{"environment": object{"TOKEN": "x"}}, "options_wo": object{"environment": object{"TOKEN": hidden}}}),
		validating("a number with too many digits", clusterType, object{"options": object{"worker_cores": 0.1234567890123456789012345}}),
		validating("a number that no server holds", clusterType, object{"options": object{"worker_cores": new(big.Float).SetMantExp(big.NewFloat(1), 2000)}}),
		{name: "an unknown cluster option", run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"options": object{"worker_core": 2}})
		}},
		{name: "a secret option that the gateway does not have", run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"options_wo": object{"tokens": hidden}})
		}},
		{name: "a cluster option out of range", run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"options": object{"worker_cores": 99}})
		}},
		{name: "a cluster option of another type", run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"options": object{"worker_cores": "two"}})
		}},
		{name: "an invalid secret option", run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"options_wo": object{"profile": hidden}})
		}},
		{name: "options of Dask's own configuration", environment: map[string]string{"DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES": "2", "DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE": hidden + ":1"}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{})
		}},
		{name: "the gateway is down at plan", run: func(w *world) {
			w.mock.FailNext(mockserver.Fault{Path: "*/options", Times: 100, Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<h1>503 : Service Unavailable</h1>"})
			w.plan(clusterType, w.none(clusterType), object{"options": object{"worker_cores": 2}})
		}},
		{name: "the name of the host does not resolve at plan", block: object{"address": "https://hub.invalid/services/dask-gateway/"}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{})
		}},
		{name: "the host refuses the connection at plan", run: func(w *world) {
			w.block["address"] = closedPort(w.t) + "/services/dask-gateway/"
			w.plan(clusterType, w.none(clusterType), object{})
		}},
		{name: "the options cannot be read for another reason", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/options", http.StatusForbidden, gatewayError("no"))
			w.plan(clusterType, w.none(clusterType), object{})
		}},
		{name: "more workers than the limit", block: object{"limits": object{"workers": 2}}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"workers": 3})
		}},
		{name: "a limit and no maximum", block: object{"limits": object{"workers": 2}}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"adapt": object{"minimum": 1}})
		}},
		{name: "more cores than the limit", block: object{"limits": object{"cores": 2}}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"workers": 3, "options": object{"worker_cores": 2}})
		}},
		{name: "more cores than the limit by a secret option", block: object{"limits": object{"cores": 2}}, run: func(w *world) {
			w.plan(clusterType, w.none(clusterType), object{"workers": 3, "options_wo": object{"worker_cores": 2}})
		}},
		{name: "a limit that cannot be checked", block: object{"limits": object{"cores": 2}}, run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/options", http.StatusOK, `{"cluster_options": []}`)
			w.plan(clusterType, w.none(clusterType), object{"workers": 3})
		}},
		{name: "a removed option requires a replacement", run: func(w *world) {
			created := w.created(clusterType, object{"options": object{"worker_cores": 2, "worker_memory": 16}})
			w.plan(clusterType, created, object{"options": object{"worker_memory": 8}})
		}},
		{name: "a removed option whose default is not known", run: func(w *world) {
			created := w.created(clusterType, object{"options": object{"worker_cores": 2}})
			w.plan(clusterType, created.WithoutPrivate(w.t, "defaults"), object{})
		}},
		{name: "an imported cluster without secret options", run: func(w *world) {
			name := w.mock.AddCluster("alice", object{"worker_cores": 2})
			imported := w.configured().Imported(w.t, clusterType, name)
			w.plan(clusterType, imported, object{"options": object{"worker_cores": 2}, "options_wo": object{"environment": object{"TOKEN": hidden}}, "options_wo_version": 1})
		}},
		{name: "secret options that are not known when an imported cluster is planned", run: func(w *world) {
			name := w.mock.AddCluster("alice", object{"worker_cores": 2, "image": hidden + ":1"})
			imported := w.configured().Imported(w.t, clusterType, name)
			w.plan(clusterType, imported, object{"options": object{"worker_cores": 2}, "options_wo": unknown})
		}},
		{name: "an imported cluster that was not read", block: object{"api_token": unknown}, run: func(w *world) {
			imported := w.configured().Import(w.t, clusterType, unusedName)
			w.plan(clusterType, imported, object{"options": object{"worker_cores": 2}})
		}},
		{name: "a name that no cluster has is imported", run: func(w *world) { w.importID(clusterType, "a/b") }},
	}
}

func clusterCreateScenarios() []scenario {
	environment := object{"environment": object{"RETRIES": 7, "NAME": hidden}, "image": hidden + ":1", "worker_cores": 2}
	creating := func(name, path string, status int, message string) scenario {
		return scenario{name: name, run: func(w *world) {
			w.respondAlways(http.MethodPost, path, status, gatewayError(message))
			w.create(clusterType, object{"options": object{"worker_cores": 2}, "workers": 2})
		}}
	}
	return []scenario{
		creating("the gateway refuses the options", "*/clusters/", http.StatusUnprocessableEntity, "The image does not exist"),
		creating("the options are too large", "*/clusters/", http.StatusRequestEntityTooLarge, "Request Entity Too Large"),
		creating("the gateway forbids the create", "*/clusters/", http.StatusForbidden, "User alice lacks permissions"),
		{name: "the start cannot be followed", run: func(w *world) {
			w.onceCreated(func() { w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusForbidden, gatewayError("no")) })
			w.create(clusterType, object{})
		}},
		creating("the workers are refused", "*/scale", http.StatusUnprocessableEntity, "no"),
		{name: "the response is lost, and nothing was created", run: func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropBeforeHandling})
			w.create(clusterType, object{})
		}},
		{name: "the response is lost, and the cluster is adopted", run: func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
			w.create(clusterType, object{})
		}},
		{name: "the response is lost, and the clusters cannot be listed", run: func(w *world) {
			w.configured()
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling})
			w.respondAlways(http.MethodGet, "*/clusters/", http.StatusForbidden, gatewayError("no"))
			w.create(clusterType, object{})
		}},
		lostAndAdopted("the response is lost, and other clusters cannot be looked for", func(w *world) {
			w.respondAlways(http.MethodGet, "*/clusters/", http.StatusForbidden, gatewayError("no"))
		}),
		lostAndAdopted("the response is lost, and another cluster appears later", func(w *world) { w.mock.AddCluster("alice", nil) }),
		{name: "clusters with the same options run already", run: func(w *world) {
			w.created(clusterType, object{"options": object{"worker_cores": 2}})
			w.reconfigure(nil)
			w.create(clusterType, object{"options": object{"worker_cores": 2}})
		}},
		{name: "the cluster fails at start", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: time.Millisecond}, run: func(w *world) {
			w.onceCreated(func() { w.mock.FailCluster(w.mock.Clusters("alice")[0].Name) })
			w.create(clusterType, object{"options": environment})
		}},
		{name: "the cluster is stopped while it starts", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: time.Millisecond}, run: func(w *world) {
			w.onceCreated(func() { w.mock.StopCluster(w.mock.Clusters("alice")[0].Name) })
			w.create(clusterType, object{})
		}},
		{name: "the cluster does not start in time", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: 20 * time.Millisecond}, run: func(w *world) {
			w.create(clusterType, object{"timeouts": object{"create": "150ms"}})
		}},
		{name: "the cluster disappears", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: time.Millisecond}, run: func(w *world) {
			w.onceCreated(func() {
				name := w.mock.Clusters("alice")[0].Name
				w.mock.StopCluster(name)
				w.mock.DeleteClusterRecord(name)
			})
			w.create(clusterType, object{})
		}},
		{name: "the wait is interrupted", mock: mockserver.Config{StartDelay: time.Hour, LongPoll: 20 * time.Millisecond}, run: func(w *world) {
			ctx, cancel := context.WithCancel(w.t.Context())
			defer cancel()
			w.onceCreated(func() {
				w.mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/*", BeforeRequest: cancel})
			})
			_, found := w.configured().Apply(ctx, w.t, clusterType, w.none(clusterType), object{})
			w.show(w.resource(clusterType, object{}), found)
		}},
		{name: "the gateway grants fewer workers", mock: mockserver.Config{MaxWorkers: 2}, run: func(w *world) {
			w.create(clusterType, object{"workers": 3})
		}},
		{name: "the gateway grants fewer workers than are waited for", mock: mockserver.Config{MaxWorkers: 2}, run: func(w *world) {
			w.create(clusterType, object{"workers": 3, "wait_for_workers": 3})
		}},
		{name: "the workers do not join in time", mock: mockserver.Config{WorkerDelay: time.Hour}, run: func(w *world) {
			w.create(clusterType, object{"workers": 3, "wait_for_workers": 3, "timeouts": object{"create": "400ms"}})
		}},
		{name: "the cluster ends while its workers are waited for", mock: mockserver.Config{WorkerDelay: time.Hour}, run: func(w *world) {
			w.mock.FailNext(mockserver.Fault{Path: "*/counts.json", Times: 1, BeforeRequest: func() { w.mock.FailCluster(w.mock.Clusters("alice")[0].Name) }})
			w.create(clusterType, object{"workers": 3, "wait_for_workers": 3})
		}},
		{name: "the workers cannot be counted", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/counts.json", http.StatusForbidden, gatewayError("no"))
			w.create(clusterType, object{"workers": 3, "wait_for_workers": 3})
		}},
	}
}

// lostAndAdopted is a create whose response is lost. before is called when the provider
// reads the cluster that it has adopted.
func lostAndAdopted(name string, before func(w *world)) scenario {
	return scenario{name: name, run: func(w *world) {
		w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/clusters/", Drop: mockserver.DropAfterHandling, BeforeResponse: func() {
			path := "*/clusters/" + w.mock.Clusters("alice")[0].Name
			w.mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: path, BeforeRequest: func() { before(w) }})
		}})
		w.create(clusterType, object{})
	}}
}

func clusterUpdateScenarios() []scenario {
	resizing := func(name string, prepare func(w *world, name string)) scenario {
		return scenario{name: name, run: func(w *world) {
			created := w.created(clusterType, object{"workers": 1})
			prepare(w, w.configured().Text(w.t, clusterType, created.State, "name"))
			w.apply(clusterType, created, object{"workers": 2})
		}}
	}
	return []scenario{
		resizing("the gateway refuses the change", func(w *world, _ string) {
			w.respondAlways(http.MethodPost, "*/scale", http.StatusUnprocessableEntity, gatewayError("no"))
		}),
		resizing("the cluster was stopped", func(w *world, name string) { w.mock.StopCluster(name) }),
		resizing("the cluster has failed", func(w *world, name string) { w.mock.FailCluster(name) }),
		resizing("the gateway no longer has the cluster", func(w *world, name string) {
			w.mock.StopCluster(name)
			w.mock.DeleteClusterRecord(name)
		}),
		resizing("the gateway does not reach the scheduler", func(w *world, name string) {
			w.respondAlways(http.MethodPost, "*/scale", http.StatusConflict, gatewayError("cluster "+name+" is not running"))
		}),
		{name: "the workers do not join in time", run: func(w *world) {
			created := w.created(clusterType, object{"workers": 1})
			w.respondAlways(http.MethodGet, "*/counts.json", http.StatusOK, `{"workers": 1}`)
			w.apply(clusterType, created, object{"workers": 3, "wait_for_workers": 3, "timeouts": object{"update": "300ms"}})
		}},
		{name: "an imported cluster runs with other options", block: object{"api_token": unknown}, run: func(w *world) {
			name := w.mock.AddCluster("alice", object{"worker_cores": 4})
			imported := w.configured().Import(w.t, clusterType, name)
			body := object{"options": object{"worker_cores": 2}}
			planned := w.configured().Plan(w.t, clusterType, imported, body)
			w.reconfigure(object{"api_token": w.mock.NewToken("alice")})
			w.show(w.resource(clusterType, body), w.configured().ApplyPlan(w.t, clusterType, imported, planned, body))
		}},
	}
}

func clusterRefreshScenarios() []scenario {
	refreshing := func(name string, body object, prepare func(w *world, name string)) scenario {
		return scenario{name: name, run: func(w *world) {
			created := w.created(clusterType, body)
			w.reconfigure(nil)
			prepare(w, w.configured().Text(w.t, clusterType, created.State, "name"))
			w.read(clusterType, created, body)
		}}
	}
	gone := func(w *world, name string) {
		w.mock.StopCluster(name)
		w.mock.DeleteClusterRecord(name)
	}
	return []scenario{
		refreshing("the cluster was stopped", object{}, func(w *world, name string) { w.mock.StopCluster(name) }),
		refreshing("the cluster was stopped and is kept", object{"when_ended": "keep"}, func(w *world, name string) { w.mock.StopCluster(name) }),
		refreshing("the gateway no longer has the cluster", object{}, gone),
		refreshing("the cluster cannot be read", object{}, func(w *world, _ string) {
			w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusInternalServerError, gatewayError("boom"))
		}),
		refreshing("the cluster belongs to another user", object{}, func(w *world, name string) {
			w.respondAlways(http.MethodGet, "*/clusters/*", http.StatusForbidden, gatewayError("User bob lacks permissions to view cluster "+name))
		}),
		{name: "a service has no access to a user's cluster", run: func(w *world) {
			created := w.created(clusterType, object{})
			w.reconfigure(object{"api_token": w.mock.NewServiceToken("pipeline", "access:services")})
			w.read(clusterType, created, object{})
		}},
		{name: "the address points to another gateway", run: func(w *world) {
			created := w.created(clusterType, object{})
			other := providertest.StartMock(w.t, mockserver.Config{})
			w.reconfigure(object{"address": other.GatewayURL(), "api_token": other.NewToken("alice")})
			w.read(clusterType, created, object{})
		}},
		{name: "the private state is damaged", run: func(w *world) {
			created := w.created(clusterType, object{})
			w.read(clusterType, created.WithPrivate(w.t, "defaults", "1"), object{})
		}},
		{name: "the cluster does not stop in time", mock: mockserver.Config{StopDelay: time.Hour}, run: func(w *world) {
			body := object{"timeouts": object{"delete": "150ms"}}
			w.destroy(clusterType, w.created(clusterType, body), body)
		}},
		{name: "the gateway refuses the destroy", run: func(w *world) {
			created := w.created(clusterType, object{})
			w.respondAlways(http.MethodDelete, "*", http.StatusForbidden, gatewayError("User bob lacks permissions to stop cluster "+unusedName))
			w.destroy(clusterType, created, object{})
		}},
		{name: "a destroy with a token that is known only after apply", run: func(w *world) {
			created := w.created(clusterType, object{})
			w.reconfigure(object{"api_token": unknown})
			w.destroy(clusterType, created, object{})
		}},
	}
}
