// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

func knownValue[T any](value T) settings.Value[T] {
	return settings.Value[T]{State: settings.Known, V: value}
}

func unknownValue[T any]() settings.Value[T] {
	return settings.Value[T]{State: settings.Unknown}
}

// mustResolve fails the test if there is a problem.
func mustResolve(t *testing.T, block settings.Block, env ...string) settings.Settings {
	t.Helper()
	s, problems := settings.Resolve(t.Context(), block, environment.New(env))
	for _, problem := range problems {
		t.Errorf("problem: %+v", problem)
	}
	return s
}

// onlyProblem fails the test unless there is exactly one problem.
func onlyProblem(t *testing.T, block settings.Block, env ...string) settings.Problem {
	t.Helper()
	_, problems := settings.Resolve(t.Context(), block, environment.New(env))
	if len(problems) != 1 {
		t.Fatalf("got %d problems, want 1: %+v", len(problems), problems)
	}
	return problems[0]
}

func expectEqual[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func expectContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in: %s", part, text)
		}
	}
}

func expectOmits(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q is in: %s", part, text)
		}
	}
}

// TestResolve_usesTheFirstPlaceWithAValue removes one place after the other.
func TestResolve_usesTheFirstPlaceWithAValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		argument string
		block    settings.Block
		env      []string // from the first place to the last, each with its number as the value
		get      func(settings.Settings) (string, string)
	}{
		{
			"address",
			settings.Block{Address: knownValue("http://h0")},
			[]string{"PC_ADDRESS=http://h1", "DASK_GATEWAY__ADDRESS=http://h2"},
			func(s settings.Settings) (string, string) { return s.Address.Value, s.Address.Origin },
		},
		{
			"public_address",
			settings.Block{PublicAddress: knownValue("http://h0")},
			[]string{"PC_PUBLIC_ADDRESS=http://h1", "DASK_GATEWAY__PUBLIC_ADDRESS=http://h2"},
			func(s settings.Settings) (string, string) { return s.PublicAddress.Value, s.PublicAddress.Origin },
		},
		{
			"proxy_address",
			settings.Block{ProxyAddress: knownValue("h0:1")},
			[]string{"PC_PROXY_ADDRESS=h1:1", "DASK_GATEWAY__PROXY_ADDRESS=h2:1"},
			func(s settings.Settings) (string, string) { return s.ProxyAddress.Value, s.ProxyAddress.Origin },
		},
		{
			"hub_address",
			settings.Block{HubAddress: knownValue("http://h0")},
			[]string{"PC_HUB_ADDRESS=http://h1", "JUPYTERHUB_API_URL=http://h2/hub/api"},
			func(s settings.Settings) (string, string) { return s.HubAddress.Value, s.HubAddress.Origin },
		},
		{
			"api_token",
			settings.Block{APIToken: knownValue("t0")},
			[]string{"PC_API_TOKEN=t1", "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN=t2", "JUPYTERHUB_API_TOKEN=t3"},
			func(s settings.Settings) (string, string) { return s.APIToken.Value.Reveal(), s.APIToken.Origin },
		},
		{
			"username",
			settings.Block{Username: knownValue("u0")},
			[]string{"PC_USERNAME=u1", "DASK_GATEWAY__AUTH__KWARGS__USERNAME=u2"},
			func(s settings.Settings) (string, string) { return s.Username.Value, s.Username.Origin },
		},
		{
			"password",
			settings.Block{Password: knownValue("p0")},
			[]string{"PC_PASSWORD=p1", "DASK_GATEWAY__AUTH__KWARGS__PASSWORD=p2"},
			func(s settings.Settings) (string, string) { return s.Password.Value.Reveal(), s.Password.Origin },
		},
		{
			"auth",
			settings.Block{Auth: knownValue("basic")},
			[]string{"PC_AUTH=none", "DASK_GATEWAY__AUTH__TYPE=jupyterhub"},
			func(s settings.Settings) (string, string) { return s.Auth.Value, s.Auth.Origin },
		},
		{
			"http_proxy",
			settings.Block{HTTPProxy: knownValue("http://p0:1")},
			[]string{"PC_HTTP_PROXY=http://p1:1", "DASK_GATEWAY__HTTP_CLIENT__PROXY=http://p2:1"},
			func(s settings.Settings) (string, string) { return s.HTTPProxy.Value.Reveal(), s.HTTPProxy.Origin },
		},
		{
			"max_retries",
			settings.Block{MaxRetries: knownValue[int64](0)},
			[]string{"PC_MAX_RETRIES=1"},
			func(s settings.Settings) (string, string) { return fmt.Sprint(s.MaxRetries.Value), s.MaxRetries.Origin },
		},
		{
			"request_timeout",
			settings.Block{RequestTimeout: knownValue("1s")},
			[]string{"PC_REQUEST_TIMEOUT=2s"},
			func(s settings.Settings) (string, string) {
				return s.RequestTimeout.Value.String(), s.RequestTimeout.Origin
			},
		},
		{
			"allow_cleartext",
			settings.Block{AllowCleartext: knownValue(false)},
			[]string{"PC_ALLOW_CLEARTEXT=true"},
			func(s settings.Settings) (string, string) {
				return fmt.Sprint(s.AllowCleartext.Value), s.AllowCleartext.Origin
			},
		},
	}
	for _, test := range tests {
		t.Run(test.argument, func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			inBlock, origin := test.get(mustResolve(t, test.block, test.env...))
			seen[inBlock] = true
			expectEqual(t, "origin", origin, test.argument+" in the provider block")
			for i, pair := range test.env {
				name, _, _ := strings.Cut(pair, "=")
				value, origin := test.get(mustResolve(t, settings.Block{}, test.env[i:]...))
				if seen[value] {
					t.Errorf("%s has another origin", value)
				}
				seen[value] = true
				expectEqual(t, "origin", origin, "the environment variable "+name)
			}
		})
	}
}

func TestResolve_appliesDefaults(t *testing.T) {
	t.Parallel()
	s := mustResolve(t, settings.Block{}, "PC_ADDRESS=", "JUPYTERHUB_API_TOKEN=", "DASK_GATEWAY__ADDRESS=", "DASK_GATEWAY__PROXY_ADDRESS=None")
	for name, set := range map[string]bool{
		"address": s.Address.IsSet, "public_address": s.PublicAddress.IsSet, "proxy_address": s.ProxyAddress.IsSet, "hub_address": s.HubAddress.IsSet,
		"api_token": s.APIToken.IsSet, "username": s.Username.IsSet, "password": s.Password.IsSet, "ca_certificate": s.CACertificate.IsSet,
		"http_proxy": s.HTTPProxy.IsSet, "max_retries": s.MaxRetries.IsSet, "user": s.User.IsSet,
	} {
		expectEqual(t, name+" being set", set, false)
	}
	expectEqual(t, "auth", s.Auth.Value, "jupyterhub")
	expectEqual(t, "max_retries", s.MaxRetries.Value, 4)
	expectEqual(t, "max_connections", s.MaxConnections.Value, 32)
	expectEqual(t, "request_timeout", s.RequestTimeout.Value.String(), "30s")
	expectEqual(t, "allow_cleartext", s.AllowCleartext.Value, false)
	expectEqual(t, "number of cluster options", len(s.ClusterOptions), 0)
}

// The environment is that of a notebook server inside the Planetary Computer's Hub.
func TestResolve_needsNoArgumentInANotebookServer(t *testing.T) {
	t.Parallel()
	s := mustResolve(t, settings.Block{},
		"DASK_GATEWAY__ADDRESS=http://proxy-public:80/services/dask-gateway/",
		"DASK_GATEWAY__PROXY_ADDRESS=gateway://traefik-prod-dask-gateway.prod:80",
		"DASK_GATEWAY__PUBLIC_ADDRESS=https://hub.example.com/services/dask-gateway/",
		"DASK_GATEWAY__AUTH__TYPE=jupyterhub",
		"DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE={JUPYTER_IMAGE_SPEC}",
		"JUPYTER_IMAGE_SPEC=pangeo/pangeo-notebook:2026.08.01",
		"JUPYTERHUB_API_TOKEN=5ad1d2b0c0ffee", "JUPYTERHUB_API_URL=http://hub:8081/hub/api", "JUPYTERHUB_USER=alice")
	expectEqual(t, "address", s.Address.Value, "http://proxy-public:80/services/dask-gateway")
	expectEqual(t, "proxy_address", s.ProxyAddress.Value, "gateway://traefik-prod-dask-gateway.prod:80")
	expectEqual(t, "public_address", s.PublicAddress.Value, "https://hub.example.com/services/dask-gateway")
	expectEqual(t, "hub_address", s.HubAddress.Value, "http://proxy-public:80")
	expectEqual(t, "auth", s.Auth.Value, "jupyterhub")
	expectEqual(t, "api_token", s.APIToken.Value.Reveal(), "5ad1d2b0c0ffee")
	expectEqual(t, "user", s.User.Value, "alice")
	expectEqual(t, "image", s.ClusterOptions["image"].Value, any("pangeo/pangeo-notebook:2026.08.01"))
}

func TestResolve_keepsUnknownValuesUnknown(t *testing.T) {
	t.Parallel()
	env := []string{"PC_ADDRESS=http://env/services/x", "PC_API_TOKEN=env", "JUPYTERHUB_API_URL=http://env/hub/api"}
	s := mustResolve(t, settings.Block{Address: unknownValue[string](), APIToken: unknownValue[string](), MaxRetries: unknownValue[int64]()}, env...)
	for name, isUnknown := range map[string]bool{
		"address": s.Address.IsUnknown, "public_address": s.PublicAddress.IsUnknown, "proxy_address": s.ProxyAddress.IsUnknown,
		"hub_address": s.HubAddress.IsUnknown, "api_token": s.APIToken.IsUnknown, "max_retries": s.MaxRetries.IsUnknown,
	} {
		expectEqual(t, name+" being unknown", isUnknown, true)
	}
	expectEqual(t, "auth", s.Auth.Value, "jupyterhub")

	s = mustResolve(t, settings.Block{Address: unknownValue[string](), ProxyAddress: knownValue("gateway://h:1"), PublicAddress: knownValue("https://h"), HubAddress: knownValue("https://h")})
	expectEqual(t, "proxy_address", s.ProxyAddress.Value, "gateway://h:1")
	expectEqual(t, "public_address", s.PublicAddress.Value, "https://h")
	expectEqual(t, "hub_address", s.HubAddress.Value, "https://h")

	s = mustResolve(t, settings.Block{Address: unknownValue[string](), ProxyAddress: knownValue("8786")})
	expectEqual(t, "a port on an unknown host being unknown", s.ProxyAddress.IsUnknown, true)
}

func TestMissing_listsEveryPlace(t *testing.T) {
	t.Parallel()
	s := mustResolve(t, settings.Block{})
	expectContains(t, s.Missing("address"), "address in the provider block", "PC_ADDRESS", "DASK_GATEWAY__ADDRESS")
	expectContains(t, s.Missing("api_token"), "api_token in the provider block", "PC_API_TOKEN", "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN", "JUPYTERHUB_API_TOKEN", "/hub/token")
	expectContains(t, s.Missing("hub_address"), "hub_address in the provider block", "PC_HUB_ADDRESS", "JUPYTERHUB_API_URL", "/services/NAME/")
	expectContains(t, s.Missing("username"), "username in the provider block", "PC_USERNAME", "DASK_GATEWAY__AUTH__KWARGS__USERNAME")

	s = mustResolve(t, settings.Block{Address: knownValue("https://h.example.com/gw")})
	expectContains(t, s.Missing("hub_address"), "https://h.example.com/gw does not")
	s = mustResolve(t, settings.Block{Address: knownValue("https://h.example.com/services/gw/")})
	expectContains(t, s.Missing("api_token"), "https://h.example.com/hub/token")
}

// TestSettings_printNoSecret dumps the provider block, the resolved settings and the
// problems.
func TestSettings_printNoSecret(t *testing.T) {
	t.Parallel()
	block := settings.Block{APIToken: knownValue("s3cr3t-token"), Password: knownValue("s3cr3t-password"), HTTPProxy: knownValue("http://u:s3cr3t-proxy@h:1")}
	s := mustResolve(t, block)
	environment := mustResolve(t, settings.Block{}, "PC_PASSWORD=s3cr3t", "JUPYTERHUB_API_TOKEN=s3cr3t", "PC_HTTP_PROXY=http://u:s3cr3t@h:1")
	scripted.AssertHidden(t, []string{"s3cr3t"}, block, &block, block.Password, s, &s, s.APIToken, s.HTTPProxy, environment,
		onlyProblem(t, settings.Block{APIToken: knownValue("s3cr3t token")}),
		onlyProblem(t, settings.Block{Username: knownValue("alice:s3cr3t")}),
		onlyProblem(t, settings.Block{KeytabPath: knownValue("BQIA" + "s3cr3tAAAAA=")}),
		onlyProblem(t, settings.Block{KeytabPath: knownValue("s3cr3t:x")}),
		onlyProblem(t, settings.Block{ProxyAddress: knownValue("gateway://u:s3cr3t@h:1")}),
		onlyProblem(t, settings.Block{HTTPProxy: knownValue("ftp://u:s3cr3t@h:1")}),
		onlyProblem(t, settings.Block{Address: knownValue("https://u:s3cr3t@h.example.com/")}))
}
