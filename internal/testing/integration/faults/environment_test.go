// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults_test

import (
	"fmt"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const (
	unresolvableHost = "gateway.example.test"
	proxyPassword    = "pr0xy&pa55/word"
)

// HTTPS_PROXY, HTTP_PROXY and NO_PROXY are set as in a pipeline behind a company's
// proxy. The test searches the most detailed log for the proxy's password and the
// token.
func TestEnvironment_usesTheProxy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		scheme   string
		variable string
		user     *url.Userinfo
		more     []string
		// wantTexts are parts of the error, nil for success. proxyRequest is the request that
		// the proxy receives, or "".
		wantTexts    []string
		proxyRequest string
	}{
		"HTTPS_PROXY":             {"https", "HTTPS_PROXY", url.UserPassword("alice", proxyPassword), nil, nil, "CONNECT " + unresolvableHost + ":443"},
		"https_proxy":             {"https", "https_proxy", url.UserPassword("alice", proxyPassword), nil, nil, "CONNECT " + unresolvableHost + ":443"},
		"HTTP_PROXY":              {"http", "HTTP_PROXY", url.UserPassword("alice", proxyPassword), nil, nil, "POST http://" + unresolvableHost},
		"without password":        {"https", "HTTPS_PROXY", nil, nil, []string{"refused it with 407", "HTTPS_PROXY"}, "CONNECT " + unresolvableHost + ":443"},
		"wrong password":          {"http", "HTTP_PROXY", url.UserPassword("alice", "x"+proxyPassword), nil, []string{"refused it with 407"}, "GET http://" + unresolvableHost},
		"NO_PROXY":                {"https", "HTTPS_PROXY", url.UserPassword("alice", proxyPassword), []string{"NO_PROXY=.example.test"}, []string{"could not be sent to " + unresolvableHost}, ""},
		"NO_PROXY of other":       {"https", "HTTPS_PROXY", url.UserPassword("alice", proxyPassword), []string{"NO_PROXY=other.test,10.0.0.0/8"}, nil, "CONNECT " + unresolvableHost + ":443"},
		"NO_PROXY and http_proxy": {"https", "PC_HTTP_PROXY", url.UserPassword("alice", proxyPassword), []string{"NO_PROXY=.example.test"}, []string{"could not be sent to " + unresolvableHost}, ""},
		"http_proxy false":        {"https", "HTTPS_PROXY", url.UserPassword("alice", proxyPassword), []string{"PC_HTTP_PROXY=false"}, []string{"could not be sent to " + unresolvableHost}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := faults.NewWorld(t, mockserver.Config{}).Mock
			proxy, authority := startFronts(t, mock)
			token := mock.NewToken("alice")
			workspace := terraform.New(t)
			workspace.Setenv(test.variable+"="+(&url.URL{Scheme: "http", User: test.user, Host: proxy.Address}).String(), "PC_API_TOKEN="+token, "PC_MAX_RETRIES=0",
				"TF_LOG=TRACE", "TF_LOG_PATH=trace.log", "TF_LOG_PROVIDER=TRACE")
			workspace.Setenv(test.more...)
			workspace.Write("ca.pem", authority)
			workspace.Write("main.tf", fmt.Sprintf(`
provider "pc" {
  address         = "%s://%s/services/dask-gateway/"
  ca_certificate  = file("ca.pem")
  allow_cleartext = true
}
resource "pc_dask_cluster" "test" {}
`, test.scheme, unresolvableHost))
			result := workspace.Run("apply", "-auto-approve", "-no-color")
			if succeeded := result.Code == 0; succeeded != (test.wantTexts == nil) || succeeded != (len(mock.Clusters("alice")) == 1) {
				t.Errorf("terraform ended with %d, and there are %d clusters:\n%s", result.Code, len(mock.Clusters("alice")), result.Output)
			}
			for _, part := range test.wantTexts {
				if !strings.Contains(result.Flat(), part) {
					t.Errorf("the output does not contain %q:\n%s", part, result.Output)
				}
			}
			assertProxyRequest(t, proxy, test.proxyRequest)
			texts := workspace.ReadAll()
			texts["what terraform prints"] = result.Output
			if !strings.Contains(texts["trace.log"], "HTTP attempt") && test.wantTexts == nil {
				t.Error("nothing was logged")
			}
			assertHidden(t, texts, token, proxyPassword, url.QueryEscape(proxyPassword), url.PathEscape(proxyPassword))
		})
	}
}

// A request must not bypass the proxy because its address has a typing error.
func TestEnvironment_rejectsMalformedProxyVariable(t *testing.T) {
	t.Parallel()
	mock := faults.NewWorld(t, mockserver.Config{}).Mock
	workspace := terraform.New(t)
	workspace.Setenv("HTTPS_PROXY=http//alice:"+url.PathEscape(proxyPassword)+"@proxy:3128", "PC_ADDRESS=https://"+unresolvableHost+"/", "PC_API_TOKEN="+mock.NewToken("alice"))
	workspace.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {}\n")
	result := workspace.Run("apply", "-auto-approve", "-no-color")
	if result.Code != 1 || !strings.Contains(result.Flat(), "HTTPS_PROXY is not the address of an HTTP proxy") {
		t.Errorf("terraform ended with %d:\n%s", result.Code, result.Output)
	}
	assertHidden(t, map[string]string{"what terraform prints": result.Output}, proxyPassword, url.PathEscape(proxyPassword))
}

// startFronts puts TLS and plain HTTP servers with an unresolvable name in front of
// the mock, so that only the proxy reaches them. It returns the proxy and the
// certificate authority.
func startFronts(t *testing.T, mock *mockserver.Server) (*scripted.ForwardProxy, string) {
	t.Helper()
	address, err := url.Parse(mock.GatewayURL())
	if err != nil {
		t.Fatal(err)
	}
	authority := scripted.NewAuthority(t)
	certificate, _ := authority.Issue(t, scripted.Leaf{Hosts: []string{unresolvableHost}})
	encrypted := scripted.ServeTLS(t, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address.Host}), certificate)
	return scripted.NewForwardProxy(t, "alice", proxyPassword, map[string]string{unresolvableHost + ":443": encrypted, unresolvableHost + ":80": address.Host}), authority.PEM
}

func assertProxyRequest(t *testing.T, proxy *scripted.ForwardProxy, want string) {
	t.Helper()
	requests := proxy.Requests()
	if want == "" && len(requests) != 0 {
		t.Errorf("the proxy received %q", requests)
	}
	if want != "" && !slices.ContainsFunc(requests, func(request string) bool { return strings.HasPrefix(request, want) }) {
		t.Errorf("the proxy received %q, want %q", requests, want)
	}
}

// assertHidden fails the test if a text contains a secret.
func assertHidden(t *testing.T, texts map[string]string, secrets ...string) {
	t.Helper()
	for where, text := range texts {
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s is in %s: …%s…", secret, where, text[max(0, at-200):min(len(text), at+200)])
			}
		}
	}
}
