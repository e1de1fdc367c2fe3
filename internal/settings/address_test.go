// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// The expected values are those of the Python client for the same arguments. The
// integration tests compare with Python. The names of the cases that differ contain
// "unlike Python".
func TestResolve_normalizesAddressesLikePython(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		address, proxy, public             string
		wantProxy, wantAddress, wantPublic string
	}{
		"port of https":               {"https://hub.example.com/services/dask-gateway/", "", "", "gateway://hub.example.com:443", "https://hub.example.com/services/dask-gateway", ""},
		"port of http":                {"http://hub.example.com", "", "", "gateway://hub.example.com:80", "http://hub.example.com", ""},
		"explicit port":               {"http://10.0.0.1:8000/x", "", "", "gateway://10.0.0.1:8000", "http://10.0.0.1:8000/x", ""},
		"port with zeros":             {"http://h:0080", "", "", "gateway://h:80", "http://h:0080", ""},
		"empty port":                  {"http://h:/x", "", "", "gateway://h:80", "http://h:/x", ""},
		"trailing slashes":            {"http://h:1/a//", "", "http://p/b///", "gateway://h:1", "http://h:1/a", "http://p/b"},
		"capitals":                    {"HTTPS://Hub.Example.COM/A", "", "", "gateway://hub.example.com:443", "HTTPS://Hub.Example.COM/A", ""},
		"proxy as a URL":              {"https://h/gw", "gateway://dask.example.com:8786", "", "gateway://dask.example.com:8786", "https://h/gw", ""},
		"proxy with another scheme":   {"https://h/gw", "tls://Dask.example.com:1", "", "gateway://Dask.example.com:1", "https://h/gw", ""},
		"proxy with an underscore":    {"https://h/gw", "dask_proxy:1", "", "gateway://dask_proxy:1", "https://h/gw", ""},
		"proxy with a path":           {"https://h/gw", "gateway://d:1/x/y", "", "gateway://d:1", "https://h/gw", ""},
		"proxy as host and port":      {"https://h/gw", "dask.example.com:8786", "", "gateway://dask.example.com:8786", "https://h/gw", ""},
		"proxy after two slashes":     {"https://h/gw", "//d:1", "", "gateway://d:1", "https://h/gw", ""},
		"proxy with a trailing slash": {"https://h/gw", "d:1/", "", "gateway://d:1/", "https://h/gw", ""},
		"proxy as IPv6":               {"https://h/gw", "gateway://[::1]:8786", "", "gateway://[::1]:8786", "https://h/gw", ""},
		"proxy as bare IPv6":          {"https://h/gw", "[::1]:8786", "", "gateway://[::1]:8786", "https://h/gw", ""},
		"public address":              {"http://h/gw", "", "https://p.example.com/gw/", "gateway://h:80", "http://h/gw", "https://p.example.com/gw"},
		"public path":                 {"http://h/gw", "", "/services/dask-gateway/", "gateway://h:80", "http://h/gw", "/services/dask-gateway"},
		"public root":                 {"http://h/gw", "", "/", "gateway://h:80", "http://h/gw", ""},
		"IPv6, unlike Python":         {"http://[2001:DB8::1]:8000/gw", "", "", "gateway://[2001:db8::1]:8000", "http://[2001:DB8::1]:8000/gw", ""},
		"port on IPv6":                {"http://[::1]/gw", "8786", "", "gateway://[::1]:8786", "http://[::1]/gw", ""},
		"port as text":                {"http://H/gw", "8786", "", "gateway://h:8786", "http://H/gw", ""},
		"letters outside ASCII":       {"http://bücher.example/gw", "", "", "gateway://bücher.example:80", "http://bücher.example/gw", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := settings.Block{Address: knownValue(test.address)}
			if test.proxy != "" {
				block.ProxyAddress = knownValue(test.proxy)
			}
			if test.public != "" {
				block.PublicAddress = knownValue(test.public)
			} else {
				test.wantPublic = test.wantAddress
			}
			s := mustResolve(t, block)
			expectEqual(t, "address", s.Address.Value, test.wantAddress)
			expectEqual(t, "proxy_address", s.ProxyAddress.Value, test.wantProxy)
			expectEqual(t, "public_address", s.PublicAddress.Value, test.wantPublic)
		})
	}
}

func TestResolve_derivesHubAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block settings.Block
		env   []string
		want  string
	}{
		"derived":                         {settings.Block{Address: knownValue("https://h.example.com/services/dask-gateway/")}, nil, "https://h.example.com"},
		"derived below a base URL":        {settings.Block{Address: knownValue("https://h:8443/compute/services/gw")}, nil, "https://h:8443/compute"},
		"not derivable":                   {settings.Block{Address: knownValue("https://h/gateway/services")}, nil, ""},
		"services of another path":        {settings.Block{Address: knownValue("https://h/services/a/b")}, nil, ""},
		"host called services":            {settings.Block{Address: knownValue("https://services/gw")}, nil, ""},
		"given":                           {settings.Block{Address: knownValue("https://h/services/gw"), HubAddress: knownValue("https://hub/")}, nil, "https://hub"},
		"given as the page":               {settings.Block{HubAddress: knownValue("https://h/hub/")}, nil, "https://h"},
		"given as the API":                {settings.Block{HubAddress: knownValue("https://h/x/hub/api/")}, nil, "https://h/x"},
		"host called hub":                 {settings.Block{HubAddress: knownValue("https://hub")}, nil, "https://hub"},
		"base URL that is called hub":     {settings.Block{HubAddress: knownValue("https://h/hub/hub")}, nil, "https://h/hub"},
		"page called api":                 {settings.Block{HubAddress: knownValue("https://h/api")}, nil, "https://h/api"},
		"the notebook's":                  {settings.Block{}, []string{"JUPYTERHUB_API_URL=http://hub:8081/hub/api"}, "http://hub:8081"},
		"the notebook's, with base URL":   {settings.Block{}, []string{"JUPYTERHUB_API_URL=http://hub:8081/x/hub/api"}, "http://hub:8081/x"},
		"the gateway's before notebook's": {settings.Block{Address: knownValue("https://h/services/gw")}, []string{"JUPYTERHUB_API_URL=http://hub:8081/hub/api"}, "https://h"},
		"the notebook's if not derivable": {settings.Block{Address: knownValue("https://h/gw")}, []string{"JUPYTERHUB_API_URL=http://hub:8081/hub/api"}, "http://hub:8081"},
		"PC_HUB_ADDRESS before derived":   {settings.Block{Address: knownValue("https://h/services/gw")}, []string{"PC_HUB_ADDRESS=http://hub:1"}, "http://hub:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustResolve(t, test.block, test.env...)
			expectEqual(t, "hub_address", s.HubAddress.Value, test.want)
			expectEqual(t, "hub_address being set", s.HubAddress.IsSet, test.want != "")
		})
	}
}

func TestResolve_rejectsMalformedAddresses(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                            "is empty",
		"hub.example.com/services/gw": "no scheme",
		"hub.example.com:8000":        "no scheme",
		"8000":                        "no scheme",
		"gateway://h:8786":            "another scheme than http and https",
		"ftp://h":                     "another scheme",
		"://h":                        "another scheme",
		"http://":                     "no host",
		"http:///services/gw":         "no host",
		"http://:8000":                "no host",
		"https://h/?token=s3cr3t":     "query",
		"https://h/?":                 "query",
		"https://h/#s3cr3t":           "fragment",
		"https://alice:s3cr3t@h/gw":   "user or a password",
		"https://s3cr3t@h/gw":         "user or a password",
		"https://alice:p?s3cr3t@h":    "query",
		" https://h":                  "contains a space",
		"https://h/gw\n":              "line end",
		"https://h h/gw":              "contains a space",
		"http://h:port":               "port between 1 and 65535",
		"http://h:0":                  "port between 1 and 65535",
		"http://h:65536":              "port between 1 and 65535",
		"http://h:-1":                 "port between 1 and 65535",
		"http://::1/gw":               "IPv6 address without brackets",
		"http://[::1/gw":              "IPv6 address between its brackets",
		"http://[::1]x/gw":            "IPv6 address between its brackets",
		"http://[h]/gw":               "IPv6 address between its brackets",
		"http://[127.0.0.1]/gw":       "IPv6 address between its brackets",
		"http://[fe80::1%25eth0]/gw":  "IPv6 address between its brackets",
		"http://300.1.1.1":            "not an IPv4 address",
		"http://{HOST}/gw":            "character in its host",
		"http://h%41/gw":              "character in its host",
		"http://h/%zz":                "broken percent escape",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			for argument, block := range map[string]settings.Block{
				"address":        {Address: knownValue(value)},
				"public_address": {PublicAddress: knownValue(value)},
				"hub_address":    {HubAddress: knownValue(value)},
			} {
				p := onlyProblem(t, block)
				expectEqual(t, "argument", p.Argument, argument)
				expectEqual(t, "origin", p.Origin, argument+" in the provider block")
				expectContains(t, p.Detail, want, "Allowed is http://HOST or https://HOST", "example.com")
				expectOmits(t, p.Summary+p.Detail+p.Origin, "s3cr3t")
			}
		})
	}
}

func TestResolve_rejectsMalformedProxyAddresses(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"":                       "is empty",
		"gateway://":             "no host",
		"gateway://:8786":        "no host",
		"gateway://h":            "has no port",
		"gateway://h:":           "has no port",
		"gateway://h/x":          "has no port",
		"gateway://[::1]":        "has no port",
		"h":                      "has no port",
		"dask_proxy":             "has no port",
		"gateway://h:x":          "port between",
		"0":                      "port between",
		"70000":                  "port between",
		"8786.0":                 "not an IPv4 address",
		"gateway://u:s3cr3t@h:1": "user or a password",
		"u:s3cr3t@h":             "user or a password",
		"h:1/path":               "path but no scheme",
		"1x://h:1":               "path but no scheme",
		"a_b://h:1":              "path but no scheme",
		"gateway://h:1?x":        "query",
		"gateway://h:1#x":        "fragment",
		"gateway://h 1":          "contains a space",
		"::1":                    "without brackets",
		"gateway://::1:8786":     "without brackets",
		"tcp:h:1":                "without brackets",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			p := onlyProblem(t, settings.Block{Address: knownValue("http://h"), ProxyAddress: knownValue(value)})
			expectEqual(t, "argument", p.Argument, "proxy_address")
			expectContains(t, p.Detail, want, "gateway://HOST:PORT")
			expectOmits(t, p.Summary+p.Detail, "s3cr3t")
		})
	}
}

func TestResolve_rejectsOtherMalformedValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		block    settings.Block
		env      string
		argument string
		want     []string
	}{
		{settings.Block{RequestTimeout: knownValue("30")}, "", "request_timeout", []string{`"30"`, "not a duration", "30s"}},
		{settings.Block{RequestTimeout: knownValue("0s")}, "", "request_timeout", []string{"not positive"}},
		{settings.Block{RequestTimeout: knownValue("-1s")}, "", "request_timeout", []string{"not positive"}},
		{settings.Block{}, "PC_REQUEST_TIMEOUT=soon", "", []string{`"soon"`}},
		{settings.Block{MaxRetries: knownValue[int64](-1)}, "", "max_retries", []string{"from 0 to 20"}},
		{settings.Block{MaxConnections: knownValue[int64](0)}, "", "max_connections", []string{"from 1 to 1000"}},
		{settings.Block{MaxRetries: knownValue[int64](21)}, "", "max_retries", []string{"from 0 to 20"}},
		{settings.Block{}, "PC_MAX_RETRIES=many", "", []string{`"many"`, "from 0 to 20"}},
		{settings.Block{}, "PC_MAX_RETRIES=1.5", "", []string{"from 0 to 20"}},
		{settings.Block{}, "PC_ALLOW_CLEARTEXT=perhaps", "", []string{`"perhaps"`, "true or false"}},
		{settings.Block{}, "PC_CA_CERTIFICATE=/etc/ssl/ca.pem", "", []string{"not the name of a file"}},
		{settings.Block{}, "DASK_GATEWAY__HTTP_CLIENT__PROXY=5", "", []string{"http://proxy.example.com:3128"}},
		{settings.Block{}, "JUPYTERHUB_API_URL=hub:8081", "", []string{"no scheme"}},
		{settings.Block{}, "DASK_GATEWAY__ADDRESS=8000", "", []string{`"8000" has no scheme`}},
	}
	for _, test := range tests {
		t.Run(test.argument+test.env, func(t *testing.T) {
			t.Parallel()
			p := onlyProblem(t, test.block, test.env)
			expectEqual(t, "argument", p.Argument, test.argument)
			expectContains(t, p.Detail, test.want...)
			if name, _, found := strings.Cut(test.env, "="); found {
				expectEqual(t, "origin", p.Origin, "the environment variable "+name)
			}
		})
	}
}
