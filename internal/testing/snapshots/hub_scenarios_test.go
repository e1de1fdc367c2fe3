// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"context"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// hubError is the body of an error of the Hub.
func hubError(message string) string { return `{"status": 403, "message": "` + message + `"}` }

func withProfile(profile string) object {
	return object{"name": "gpu", "user_options": object{"profile": profile}}
}

func serverScenarios() []scenario {
	starting := func(name string, body object, prepare func(w *world)) scenario {
		return scenario{name: name, run: func(w *world) {
			prepare(w)
			w.create(serverType, body)
		}}
	}
	ended := func(name string, body object) scenario {
		return scenario{name: name, run: func(w *world) {
			created := w.created(serverType, body)
			w.mock.CullHubServer("alice", "gpu")
			w.reconfigure(nil)
			w.read(serverType, created, body)
		}}
	}
	kept := withProfile("small")
	kept["when_ended"] = "keep"
	return []scenario{
		validating("options that are no object", serverType, object{"user_options": hidden}),
		validating("options that are a list", serverType, object{"user_options": []any{1}}),
		validating("an invalid user", serverType, object{"user": "a/b"}),
		validating("an invalid name", serverType, object{"name": "a/b"}),
		{name: "a name with capital letters and a space", run: func(w *world) { w.plan(serverType, w.none(serverType), object{"name": "My Server"}) }},
		{name: "a name with a dot", run: func(w *world) { w.plan(serverType, w.none(serverType), object{"name": "gpu.1"}) }},
		starting("a server of this name runs", withProfile("small"), func(w *world) { w.mock.StartHubServer("alice", "gpu", "{}") }),
		starting("another resource starts a server of this name", withProfile("small"), func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/servers/gpu", BeforeRequest: func() { w.mock.StartHubServer("alice", "gpu", "{}") }})
		}),
		{name: "this apply has started a server of this name for another resource", run: func(w *world) {
			w.created(serverType, withProfile("large"))
			w.create(serverType, withProfile("small"))
		}},
		starting("the start fails", withProfile("broken"), nothing),
		starting("the start fails later", withProfile("late"), nothing),
		starting("the spawner refuses the options", withProfile("refused"), nothing),
		starting("the token may not start servers", withProfile("small"), func(w *world) {
			w.respondAlways(http.MethodPost, "*/servers/gpu", http.StatusForbidden, hubError("Action is not authorized with current scopes; requires any of [servers]"))
		}),
		starting("the user does not exist", object{"user": "nobody"}, nothing),
		starting("the token belongs to a service", object{}, func(w *world) { w.block["api_token"] = w.mock.NewServiceToken("pipeline", "servers") }),
		starting("the owner of the token is not known", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/hub/api/user", http.StatusBadRequest, hubError("no"))
		}),
		starting("the response to the start is lost", withProfile("small"), func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/servers/gpu", Drop: mockserver.DropAfterHandling})
		}),
		starting("the response to the start is lost, and the server cannot be looked up", withProfile("small"), func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/servers/gpu", Drop: mockserver.DropAfterHandling, BeforeResponse: func() {
				w.respondAlways(http.MethodGet, "*/users/alice", http.StatusBadRequest, hubError("no"))
			}})
		}),
		starting("the server is not ready in time", object{"name": "gpu", "user_options": object{"profile": "stuck"}, "timeouts": object{"create": "300ms"}}, nothing),
		starting("the start cannot be followed", withProfile("stuck"), func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/servers/gpu", BeforeResponse: func() {
				w.respondAlways(http.MethodGet, "*/users/alice", http.StatusBadRequest, hubError("no"))
				w.respondAlways(http.MethodGet, "*/progress", http.StatusBadRequest, hubError("no"))
			}})
		}),
		ended("the server was stopped", withProfile("small")),
		ended("the server was stopped and is kept", kept),
		{name: "the token belongs to another user than the state", run: func(w *world) {
			created := w.created(serverType, withProfile("small"))
			w.reconfigure(object{"api_token": w.mock.NewToken("bob")})
			w.read(serverType, created, withProfile("small"))
			w.destroy(serverType, created, withProfile("small"))
		}},
		importingUnread("an imported server runs with other options", func(w *world) { w.mock.StartHubServer("alice", "gpu", `{"profile": "small"}`) }),
		importingUnread("an imported server does not run", func(*world) {}),
		{name: "an id that is no server is imported", run: func(w *world) { w.importID(serverType, "a/b/c") }},
		{name: "the servers of a user cannot be listed", run: func(w *world) { w.list(serverType, providertest.ListQuery{Config: object{"user": "nobody"}}) }},
		{name: "the servers of all users cannot be listed", run: func(w *world) {
			w.respondAlways(http.MethodGet, "*/hub/api/users", http.StatusForbidden, hubError("Action is not authorized with current scopes; requires any of [list:users]"))
			w.list(serverType, providertest.ListQuery{Config: object{"all_users": true}})
		}},
		{name: "a list of one user and of all", run: func(w *world) {
			w.list(serverType, providertest.ListQuery{Config: object{"user": "alice", "all_users": true}})
		}},
	}
}

// importingUnread imports a server while the provider is not configured, so that it is
// read during the apply.
func importingUnread(name string, prepare func(w *world)) scenario {
	return scenario{name: name, block: object{"api_token": unknown}, run: func(w *world) {
		prepare(w)
		imported := w.configured().ImportByIdentity(w.t, serverType, object{"user": "alice", "name": "gpu"})
		body := object{"name": "gpu", "user_options": object{"profile": "large"}}
		planned := w.configured().Plan(w.t, serverType, imported, body)
		w.show(w.resource(serverType, body), planned.Diagnostics)
		w.reconfigure(object{"api_token": w.mock.NewToken("alice")})
		w.show(w.resource(serverType, body), w.configured().ApplyPlan(w.t, serverType, imported, planned, body))
	}}
}

func tokenScenarios() []scenario {
	issuing := func(name string, body object, prepare func(w *world)) scenario {
		return scenario{name: name, run: func(w *world) {
			prepare(w)
			w.create(tokenType, body)
		}}
	}
	const tokens, ephemeral = "*/users/alice/tokens", "pc_hub_token"
	return []scenario{
		validating("a lifetime in days", tokenType, object{"expires_in": "30d"}),
		validating("a lifetime with a fraction of a second", tokenType, object{"expires_in": "1.5s"}),
		validating("no time for the renewal", tokenType, object{"renew_before": "0s"}),
		validating("a renewal before the lifetime begins", tokenType, object{"expires_in": "1h", "renew_before": "2h"}),
		validating("a null scope", tokenType, object{"scopes": []any{nil}}),
		validating("a null role", tokenType, object{"roles": []any{nil}}),
		validating("scopes and roles", tokenType, object{"scopes": []any{"self"}, "roles": []any{"user"}}),
		validating("no scopes", tokenType, object{"scopes": []any{}}),
		validating("an empty scope", tokenType, object{"scopes": []any{""}}),
		validating("an empty note", tokenType, object{"note": ""}),
		issuing("a scope that does not exist", object{"scopes": []any{"nope"}}, nothing),
		issuing("the Hub is too old for scopes", object{"scopes": []any{"self"}}, func(w *world) {
			w.respondAlways(http.MethodPost, tokens, http.StatusOK, `{"id": "a9", "user": "alice", "note": "x", "token": "`+hidden+`", "created": "2026-01-02T03:04:05Z"}`)
		}),
		issuing("the response is lost", object{}, func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: tokens, Drop: mockserver.DropAfterHandling})
		}),
		issuing("the response is lost, and the tokens cannot be listed", object{}, func(w *world) {
			w.mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: tokens, Drop: mockserver.DropAfterHandling})
			w.respondAlways(http.MethodGet, tokens, http.StatusForbidden, hubError("no"))
		}),
		{name: "the token was revoked", run: func(w *world) {
			created := w.created(tokenType, object{})
			w.mock.RevokeToken("alice", w.configured().Text(w.t, tokenType, created.State, "id"))
			w.reconfigure(nil)
			w.read(tokenType, created, object{})
		}},
		{name: "the token is due, and the refresh is skipped", run: func(w *world) {
			body := object{"expires_in": "48h", "renew_before": "24h"}
			created := w.created(tokenType, body)
			w.mock.PassTime(25 * time.Hour)
			w.plan(tokenType, created, body)
		}},
		{name: "the token belongs to another user than the state", run: func(w *world) {
			created := w.created(tokenType, object{})
			w.reconfigure(object{"api_token": w.mock.NewToken("bob")})
			w.read(tokenType, created, object{})
			w.destroy(tokenType, created, object{})
		}},
		{name: "a token is imported", run: func(w *world) { w.importID(tokenType, "alice/a1") }},
		{name: "the tokens cannot be listed", run: func(w *world) {
			w.respondAlways(http.MethodGet, tokens, http.StatusForbidden, hubError("no"))
			w.list(tokenType, providertest.ListQuery{Config: object{}})
		}},
		{name: "an ephemeral token cannot be revoked", run: func(w *world) {
			opened := w.open(ephemeral, object{})
			w.respondAlways(http.MethodDelete, "*", http.StatusForbidden, hubError("no"))
			w.close(ephemeral, opened, object{})
		}},
		{name: "an ephemeral token ended before the run", run: func(w *world) {
			opened := w.open(ephemeral, object{"expires_in": "1h"})
			w.mock.PassTime(2 * time.Hour)
			w.close(ephemeral, opened, object{"expires_in": "1h"})
		}},
	}
}

func userScenarios() []scenario {
	return []scenario{
		reading("an invalid name", "pc_hub_user", object{"name": "a/b"}, nothing),
		reading("no such user", "pc_hub_user", object{"name": "nobody"}, nothing),
		reading("a user who cannot be read", "pc_hub_user", object{"name": "alice"}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/users/alice", http.StatusForbidden, hubError("Action is not authorized with current scopes; requires any of [read:users]"))
		}),
		reading("the owner of the token cannot be read", "pc_hub_user", object{}, func(w *world) {
			w.respondAlways(http.MethodGet, "*/hub/api/user", http.StatusForbidden, `{"status": 403, "message": null}`)
		}),
	}
}

func catalogScenarios() []scenario {
	const readToken = "pc_sas_token"
	withCatalog := func(name string, run func(w *world, c *mockserver.Catalog)) scenario {
		return scenario{name: name, run: func(w *world) {
			c := mockserver.StartCatalog(mockserver.CatalogConfig{Key: hidden, Now: w.mock.Clock.Now, Collections: map[string]string{
				"sentinel-2-l2a": `{"type": "Collection", "id": "sentinel-2-l2a", "msft:storage_account": "sentinel2l2a01", "msft:container": "sentinel2-l2"}`,
			}})
			w.t.Cleanup(c.Close)
			w.block["stac_url"], w.block["sas_url"] = c.STACURL(), c.SASURL()
			run(w, c)
		}}
	}
	refused := func(name string, status int, body string) scenario {
		return withCatalog(name, func(w *world, c *mockserver.Catalog) {
			for range 10 {
				c.RespondNext(status, "application/json", body)
			}
			w.open(readToken, object{"collection": "sentinel-2-l2a"})
		})
	}
	return []scenario{
		withCatalog("no such collection", func(w *world, _ *mockserver.Catalog) { w.data("pc_collection", object{"id": "nope"}) }),
		withCatalog("a wrong subscription key", func(w *world, _ *mockserver.Catalog) {
			w.block["subscription_key"] = "wrong"
			w.open(readToken, object{"collection": "sentinel-2-l2a"})
		}),
		refused("a subscription key is required", http.StatusForbidden, `{"message": "no"}`),
		withCatalog("a firewall in front of the token service", func(w *world, c *mockserver.Catalog) {
			c.RespondNext(http.StatusForbidden, "text/html", "<h1>Blocked</h1>")
			w.open(readToken, object{"collection": "sentinel-2-l2a"})
		}),
		withCatalog("a catalog that requires credentials", func(w *world, c *mockserver.Catalog) {
			c.RespondNext(http.StatusForbidden, "application/json", `{"message": "no"}`)
			w.data("pc_collection", object{"id": "sentinel-2-l2a"})
		}),
		withCatalog("a duration for approved users only", func(w *world, c *mockserver.Catalog) {
			c.RespondNext(http.StatusForbidden, "application/json", `{"message": "Only approved users may request a duration."}`)
			w.open(readToken, object{"collection": "sentinel-2-l2a", "duration": 90})
		}),
		refused("a container without tokens", http.StatusNotFound, `{"detail": "Not found"}`),
		refused("the service fails", http.StatusInternalServerError, `{"message": "boom"}`),
		withCatalog("the token ended before the run", func(w *world, _ *mockserver.Catalog) {
			body := object{"collection": "sentinel-2-l2a"}
			opened := w.open(readToken, body)
			w.mock.PassTime(2 * time.Hour)
			w.close(readToken, opened, body)
		}),
		{name: "an address that is no GeoCatalog", block: object{"geocatalog_url": "https://catalog.example.com/"}, run: func(w *world) {
			w.data("pc_collection", object{"id": "x", "geocatalog_url": "https://catalog.example.com/"})
		}},
		{name: "an invalid address of a GeoCatalog", run: func(w *world) {
			w.data("pc_collection", object{"id": "x", "geocatalog_url": "catalog.example.com"})
		}},
		{name: "a credential of another cloud", block: object{"environment": "usgovernment"}, run: func(w *world) {
			w.data("pc_collection", object{"id": "x", "geocatalog_url": "https://mine.geocatalog.spatio.azure.com/"})
		}},
		{name: "a container of a GeoCatalog", run: func(w *world) {
			w.open(readToken, object{"storage_account": "account", "container": "container", "geocatalog_url": "https://mine.geocatalog.spatio.azure.com/"})
		}},
	}
}

func schedulerScenarios() []scenario {
	const scheduler = "pc_dask_scheduler"
	return []scenario{
		reading("an address without a port", scheduler, object{"address": "tls://10.0.0.4"}, nothing),
		reading("no address", scheduler, object{}, nothing),
		reading("two addresses", scheduler, object{"address": "tls://10.0.0.4:8786", "dashboard_url": "http://10.0.0.4:8787"}, nothing),
		reading("a web address without a scheme", scheduler, object{"dashboard_url": "10.0.0.4:8787"}, nothing),
		{name: "another server answers", run: func(w *world) { w.data(scheduler, object{"dashboard_url": w.mock.HubURL() + "x"}) }},
		{name: "nothing listens", run: func(w *world) {
			w.data(scheduler, object{"dashboard_url": closedPort(w.t), "timeouts": object{"read": "2s"}})
		}},
		{name: "the wait is interrupted", run: func(w *world) {
			ctx, cancel := context.WithCancel(w.t.Context())
			cancel()
			w.dataWithin(ctx, scheduler, object{"dashboard_url": closedPort(w.t)})
		}},
	}
}

func functionScenarios() []scenario {
	calling := func(name, function string, arguments ...any) scenario {
		return scenario{name: name, run: func(w *world) { w.call(function, arguments...) }}
	}
	return []scenario{
		calling("dask_config with a text", "dask_config", hidden),
		calling("dask_config with a misspelt option", "dask_config", object{"adress": "https://hub.example.com/"}), //nolint:misspell // It is misspelt on purpose.
		calling("dask_config with a secret", "dask_config", object{"address": "https://hub.example.com/", "api_token": hidden}),
		calling("dask_config with an invalid proxy", "dask_config", object{"address": "https://hub.example.com/", "proxy_address": "dask"}),
		calling("dask_cloud_init with a text", "dask_cloud_init", "scheduler", hidden),
		calling("dask_cloud_init with another role", "dask_cloud_init", "client", object{"image": "a:1"}),
		calling("dask_cloud_init with an invalid port", "dask_cloud_init", "scheduler", object{"image": "a:1", "port": 70000}),
	}
}
