// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// Gateway() needs no arguments in these environments. The provider must find the
// same credentials, HTTP proxy and cluster options.
func testEnvironment(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	basic := []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__AUTH__TYPE=basic"}
	hub := []string{"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__AUTH__TYPE=jupyterhub"}
	with := func(base []string, more ...string) gatewayCall {
		return gatewayCall{Environment: append(slices.Clone(base), more...)}
	}
	calls := []gatewayCall{
		with(basic, "LOGNAME=alice", "USER=bob"),
		with(basic, "USER=bob", "USERNAME=carol"),
		with(basic, "LOGNAME=", "LNAME=dave", "USERNAME=carol"),
		with(basic, "DASK_GATEWAY__AUTH__KWARGS__USERNAME=alice", "DASK_GATEWAY__AUTH__KWARGS__PASSWORD=secret word"),
		with(basic, "DASK_GATEWAY__AUTH__KWARGS__USERNAME={WHO}", "DASK_GATEWAY__AUTH__KWARGS__PASSWORD='12{{{P}'", "WHO=alice", "P=34"),
		with(basic, `DASK_GATEWAY__AUTH__KWARGS={"username": "alice", "password": "p"}`),
		with(basic, "DASK_GATEWAY__AUTH__KWARGS__USERNAME=alice", "DASK_GATEWAY__AUTH__KWARGS__PASSWORD=None"),
		with(basic, "LOGNAME=alice", "JUPYTERHUB_API_TOKEN=t"),
		with(hub, "JUPYTERHUB_API_TOKEN=5ad1d2b0c0ffee"),
		with(hub, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN=configured", "JUPYTERHUB_API_TOKEN=t"),
		with(hub, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN={T}", "T=filled"),
		with(hub[:1], "DASK_GATEWAY__AUTH__TYPE=dask_gateway.auth.JupyterHubAuth", "JUPYTERHUB_API_TOKEN=t"),
		with(hub[:1], "DASK_GATEWAY__AUTH__TYPE=dask_gateway.JupyterHubAuth", "JUPYTERHUB_API_TOKEN=t"),
		with(hub[:1], "DASK_GATEWAY__AUTH={'type': 'jupyterhub'}", "JUPYTERHUB_API_TOKEN=t"),
		with(basic, "USER=u", "DASK_GATEWAY__HTTP_CLIENT__PROXY=http://proxy.example.com:3128"),
		with(basic, "USER=u", "DASK_GATEWAY__HTTP-CLIENT__PROXY=http://{P}:3128", "P=proxy"),
		with(basic, "USER=u", "DASK_GATEWAY__HTTP_CLIENT__PROXY=False", "HTTP_PROXY=http://env:1"),
		with(basic, "USER=u", "DASK_GATEWAY__HTTP_CLIENT__PROXY=false", "http_proxy=http://env:1"),
		with(basic, "USER=u", "DASK_GATEWAY__HTTP_CLIENT__PROXY=None", "HTTP_PROXY=http://env:1"),
		with(basic, "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE={JUPYTER_IMAGE_SPEC}", "JUPYTER_IMAGE_SPEC=pangeo/pangeo-notebook:2026.08.01"),
		with(basic, "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2", "DASK_GATEWAY__CLUSTER__OPTIONS__Worker_Memory=16.0", "DASK_GATEWAY__CLUSTER__OPTIONS__GPU=true"),
		with(basic, "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS={'A': 1, 'b': '{USER}', 'c': {'d': '{USER}'}}", "DASK_GATEWAY__CLUSTER__OPTIONS__E=5"),
		with(basic, "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__A={USER}", "DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__B_C=2"),
		with(basic, "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS__a_b=1", "DASK_GATEWAY__CLUSTER__OPTIONS__a-b=2"),
		{Environment: append(stack.Environ("alice"), "LOGNAME=alice")},
		{Environment: []string{"USER=u", inheritedConfiguration(`{"gateway": {"address": "http://{H}", "proxy-address": 8786, "auth": {"type": "basic", "kwargs": {"username": "alice", "password": null}}, ` +
			`"http-client": {"proxy": false}, "cluster": {"options": {"image": "{H}", "n": 1.0, "m": 2, "none": null, "list": [1, {"a": "{H}"}]}}}, "a.b": 1, "distributed": {"x": 1e-3}}`), "H=hub"}},
		with(basic, "USER=u", inheritedConfiguration(`{"gateway": {"address": "http://other", "cluster": {"options": {"worker-cores": 1, "image": "i:1"}}}}`), "DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2"),
		with(basic, "USER=u", inheritedConfiguration(`{"gateway.cluster.options": {"a": 1}, "gateway": 5}`), `DASK_GATEWAY={"address": "http://hub", "auth": {"type": "basic"}, "cluster": {"options": {"b": 2}}}`),
	}
	classes := map[string]string{"BasicAuth": "basic", "JupyterHubAuth": "jupyterhub"}
	for i, want := range callInPython(t, stack, calls) {
		s, problems := calls[i].resolve()
		if want.Error != "" || len(problems) > 0 {
			t.Errorf("%q: Python: %s; the provider: %+v", calls[i].Environment, want.Error, problems)
			continue
		}
		if s.Auth.Value != classes[want.Auth] {
			t.Errorf("%q: auth is %s, Python's %s", calls[i].Environment, s.Auth.Value, want.Auth)
		}
		credentials := map[string]any{"username": s.Username.Value, "password": s.Password.Value.Reveal()}
		if s.Auth.Value == "jupyterhub" {
			credentials = map[string]any{"api_token": s.APIToken.Value.Reveal()}
		}
		if !maps.Equal(credentials, want.Credentials) {
			t.Errorf("%q: credentials are %v, Python's %v", calls[i].Environment, credentials, want.Credentials)
		}
		if got := httpProxy(t, s); got != valueOrNone(want.HTTPProxy) {
			t.Errorf("%q: the proxy is %s, Python's %s", calls[i].Environment, got, valueOrNone(want.HTTPProxy))
		}
		compareOptions(t, calls[i].Environment, s, want)
	}
}

// inheritedConfiguration returns the variable in which Dask passes its
// configuration to child processes.
func inheritedConfiguration(config string) string {
	return "DASK_INTERNAL_INHERIT_CONFIG=" + base64.URLEncoding.EncodeToString([]byte(config))
}

// httpProxy returns the proxy for an environment without proxy variables, or with a
// setting that ignores them.
func httpProxy(t *testing.T, s settings.Settings) string {
	t.Helper()
	proxy, none, err := s.Proxy()
	if err != nil {
		t.Fatal(err)
	}
	if none || proxy == nil {
		return "none"
	}
	return proxy.String()
}

func valueOrNone(text *string) string {
	if text == nil {
		return "none"
	}
	return *text
}

// compareOptions compares cluster options with Python's. It skips options without a
// JSON form, and None, which the provider does not send.
func compareOptions(t *testing.T, environment []string, s settings.Settings, want gatewayAttributes) {
	t.Helper()
	got := map[string]any{}
	for name, option := range s.ClusterOptions {
		got[name] = option.Value
	}
	for name, text := range want.Options {
		if text == nil {
			delete(got, name)
			continue
		}
		wanted := decode(t, *text)
		if wanted == nil {
			if _, ok := got[name]; ok {
				t.Errorf("%q: the option %s is %v, Python's None", environment, name, got[name])
			}
			continue
		}
		if !reflect.DeepEqual(normalizeFloats(got[name]), normalizeFloats(wanted)) {
			t.Errorf("%q: the option %s is %#v, Python's %s", environment, name, got[name], *text)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("%q: Python does not have the options %v", environment, got)
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// normalizeFloats writes all floats in the same way and keeps integers distinct.
func normalizeFloats(value any) any {
	switch v := value.(type) {
	case json.Number:
		if float, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return float
		}
		return v.String() + " as an integer"
	case []any:
		list := make([]any, 0, len(v))
		for _, element := range v {
			list = append(list, normalizeFloats(element))
		}
		return list
	case map[string]any:
		mapping := map[string]any{}
		for key, member := range v {
			mapping[key] = normalizeFloats(member)
		}
		return mapping
	default:
		return v
	}
}
