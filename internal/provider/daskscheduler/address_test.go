// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskscheduler_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// configBehindProxy returns a configuration that reaches the scheduler through a proxy,
// which maps each host to a server of the test. The provider block has a token of the Hub.
func configBehindProxy(proxy *scripted.ForwardProxy, arguments string) string {
	return fmt.Sprintf("provider \"pc\" {\n  http_proxy = \"http://%s\"\n  address = \"http://hub.example.com/services/dask-gateway/\"\n  api_token = \"t0ken\"\n}\n", proxy.Address) +
		"data \"pc_dask_scheduler\" \"test\" {\n" + arguments + "\n}\n"
}

func TestAccDaskScheduler_findsTheDashboardOfAnAddress(t *testing.T) {
	t.Parallel()
	server := startScheduler(t, 2)
	health := server.Base.JoinPath("health")
	server.On("GET /health", scripted.Reply{Status: http.StatusOK, ContentType: "text/plain", Body: "ok", Request: func(r *http.Request, _ string) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("%s got the Hub's token", health)
		}
	}})
	proxy := scripted.NewForwardProxy(t, "", "", map[string]string{"dask.example.com:8787": server.Base.Host, "[fd00::4]:8787": server.Base.Host})
	hasText := func(name, value string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(schedulerDataAddress, tfjsonpath.New(name), knownvalue.StringExact(value))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(clock.NewFake(clock.Real().Now()))),
		Steps: []resource.TestStep{
			{
				Config:            configBehindProxy(proxy, `address = "tls://dask.example.com:9786"`),
				ConfigStateChecks: []statecheck.StateCheck{hasText("address", "tls://dask.example.com:9786"), hasText("dashboard_url", "http://dask.example.com:8787")},
			},
			{
				Config:            configBehindProxy(proxy, `address = "tcp://[fd00::4]:8786"`),
				ConfigStateChecks: []statecheck.StateCheck{hasText("address", "tcp://[fd00::4]:8786"), hasText("dashboard_url", "http://[fd00::4]:8787")},
			},
			{
				Config:            configBehindProxy(proxy, `dashboard_url = "http://dask.example.com:8787/"`),
				ConfigStateChecks: []statecheck.StateCheck{hasText("address", "tls://10.0.0.4:8786"), hasText("dashboard_url", "http://dask.example.com:8787/")},
			},
		},
	})
	for _, want := range []string{"GET http://dask.example.com:8787/health", "GET http://[fd00::4]:8787/json/counts.json"} {
		if !slices.Contains(proxy.Requests(), want) {
			t.Errorf("the proxy did not get %s: %q", want, proxy.Requests())
		}
	}
}

// With a certificate the provider uses HTTPS, which goes through the proxy in a tunnel. An
// error is on the address and contains the URL that the provider used.
func TestAccDaskScheduler_reportsUsedAddress(t *testing.T) {
	t.Parallel()
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skip("the proxy gets requests only if the subtests run, which need " + resource.EnvTfAcc)
	}
	authority, err := os.ReadFile("../../cloudinit/testdata/tls/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	strange := scripted.New(t, "")
	strange.On("GET /health", scripted.Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<html>Sign in</html>"})
	proxy := scripted.NewForwardProxy(t, "", "", map[string]string{"strange.example.com:8787": strange.Base.Host, "dead.example.com:8787": "127.0.0.1:1"})
	for name, test := range map[string]struct{ arguments, want string }{
		"refused connection":      {fmt.Sprintf("address = \"tls://dead.example.com:8786\"\n ca_certificate = %q", authority), `(?s)with\s+data\.pc_dask_scheduler\.test.*address = "tls://dead\.example\.com`},
		"another server":          {`address = "tls://strange.example.com:8786"`, `(?s)The\s+provider\s+used\s+the\s+address\s+http://strange\.example\.com:8787\.\s+Set\s+dashboard_url\s+instead\s+of\s+address`},
		"neither address":         {"", `(?s)None\s+of\s+the\s+arguments\s+"address"\s+and\s+"dashboard_url"\s+is\s+set`},
		"both addresses":          {"address = \"tls://h:1\"\n dashboard_url = \"http://h\"", `(?s)Conflicting\s+arguments\s+"address"\s+and\s+"dashboard_url"`},
		"no port":                 {`address = "tls://10.0.0.4"`, `(?s)Invalid address of a Dask scheduler.*The value must be the scheduler's\s+address\s+with\s+its\s+port`},
		"address of a web server": {`address = "http://10.0.0.4:8787"`, `(?s)Invalid address of a Dask scheduler.*Set\s+dashboard_url\s+for`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(endingAfter(5 * time.Second))),
				Steps:                    []resource.TestStep{{Config: configBehindProxy(proxy, test.arguments), ExpectError: regexp.MustCompile(test.want)}},
			})
		})
	}
	t.Cleanup(func() {
		if got := strings.Join(proxy.Requests(), "\n"); !strings.Contains(got, "CONNECT dead.example.com:8787") || strings.Contains(got, "http://dead.example.com") {
			t.Errorf("the proxy got\n%s", got)
		}
	})
}
