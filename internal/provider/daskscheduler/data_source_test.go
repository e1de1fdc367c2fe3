// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskscheduler_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const schedulerDataAddress = "data.pc_dask_scheduler.test"

// endingClock is a fake clock on which sleeping past the end is a timeout.
type endingClock struct {
	*clock.Fake
	end time.Time
}

func endingAfter(d time.Duration) endingClock {
	now := clock.Real().Now()
	return endingClock{Fake: clock.NewFake(now), end: now.Add(d)}
}

func (c endingClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.Now().Add(d).After(c.end) {
		return context.DeadlineExceeded
	}
	return c.Fake.Sleep(ctx, d)
}

func jsonReply(body string) scripted.Reply {
	return scripted.Reply{Status: http.StatusOK, ContentType: "application/json; charset=UTF-8", Body: body}
}

// startScheduler starts a server that responds like the web server of a scheduler. Its
// successive responses have these numbers of workers.
func startScheduler(t *testing.T, workers ...int) *scripted.Server {
	t.Helper()
	server := scripted.New(t, "")
	server.On("GET /health", scripted.Reply{Status: http.StatusOK, ContentType: "text/plain; charset=utf-8", Body: "ok"})
	server.On("GET /json/identity.json", jsonReply(`{"type": "Scheduler", "address": "tls://10.0.0.4:8786", "started": 1795459938.25, "total_threads": 8, "total_memory": 17179869184}`))
	counts := make([]scripted.Reply, 0, len(workers))
	for _, count := range workers {
		counts = append(counts, jsonReply(fmt.Sprintf(`{"workers": %d, "clients": 1}`, count)))
	}
	server.On("GET /json/counts.json", counts...)
	return server
}

// waitForConfig returns a configuration without arguments of the provider: it needs
// neither gateway nor Hub.
func waitForConfig(address, arguments string) string {
	return fmt.Sprintf("data \"pc_dask_scheduler\" \"test\" {\n  dashboard_url = %q\n%s\n}\n", address, arguments)
}

func TestAccDaskScheduler_waitsForWorkers(t *testing.T) {
	t.Parallel()
	server := startScheduler(t, 0, 1, 2)
	value := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(schedulerDataAddress, tfjsonpath.New(name), check)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(clock.NewFake(clock.Real().Now()))),
		Steps: []resource.TestStep{{
			Config: waitForConfig(server.Base.String(), "minimum_workers = 2"),
			ConfigStateChecks: []statecheck.StateCheck{
				value("ready", knownvalue.Bool(true)),
				value("workers", knownvalue.Int64Exact(2)),
				value("threads", knownvalue.Int64Exact(8)),
				value("memory", knownvalue.Int64Exact(17179869184)),
				value("address", knownvalue.StringExact("tls://10.0.0.4:8786")),
				value("started_at", knownvalue.StringExact("2026-11-23T18:52:18Z")),
				value("last_error", knownvalue.Null()),
				providertest.AfterApply(func() error {
					if got := server.Count("GET /json/counts.json"); got < 3 {
						return fmt.Errorf("the workers were counted %d times", got)
					}
					return nil
				}),
			},
		}},
	})
}

func TestAccDaskScheduler_reportsWhyItTimedOut(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	unhealthy := scripted.New(t, "")
	unhealthy.On("GET /health", scripted.Reply{Status: http.StatusBadGateway})
	strange := scripted.New(t, "")
	strange.On("GET /health", scripted.Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<html>Sign in</html>"})
	clients := scripted.New(t, "")
	clients.On("GET /health", scripted.Reply{Handle: scripted.Raw(":\x00\x00\x00\x83\xabcompression\xc0")})
	for name, test := range map[string]struct{ address, want string }{
		"port for clients":   {clients.Base.String(), `(?s)No Dask scheduler responds at this address.*malformed\s+HTTP.*not\s+the\s+address\s+for\s+Dask's\s+clients`},
		"unresolved name":    {"http://scheduler.invalid:8787", `(?s)name\s+had\s+no\s+address\s+after.*the\s+DNS\s+zone`},
		"refused connection": {closed.URL, `(?s)No\s+connection\s+to\s+the\s+scheduler\s+was\s+made\s+within.*network\s+security\s+group`},
		"unhealthy":          {unhealthy.Base.String(), `(?s)was\s+not\s+healthy\s+after.*502.*it\s+is\s+not\s+a\s+healthy\s+scheduler.*journalctl.*used\s+the\s+address.*https://.*prefix`},
		"missing worker":     {startScheduler(t, 1).Base.String(), `(?s)1 of 2 workers had joined after.*1 worker\s+is\s+missing`},
		"another server":     {strange.Base.String(), `(?s)No Dask scheduler responds at this address.*a\s+Dask\s+scheduler\s+returns\s+ok\s+here,\s+not`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(endingAfter(20 * time.Second))),
				Steps: []resource.TestStep{{
					Config:      waitForConfig(test.address, "minimum_workers = 2"),
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}

// With a precondition, a scheduler that is not ready fails the apply. A destroy still
// succeeds.
func TestAccDaskScheduler_warnsOnly(t *testing.T) {
	t.Parallel()
	server := startScheduler(t, 2, 2, 2, 2, 1)
	config := waitForConfig(server.Base.String(), "minimum_workers = 2\n  on_timeout = \"warn\"") + `
resource "terraform_data" "machine" {}
output "ready" {
  value = data.pc_dask_scheduler.test.ready
  precondition {
    condition     = data.pc_dask_scheduler.test.ready
    error_message = "not ready: ${coalesce(data.pc_dask_scheduler.test.last_error, "?")}"
  }
}`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(endingAfter(20 * time.Second))),
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("ready", knownvalue.Bool(true))}},
			{
				PreConfig:   func() { server.On("GET /json/counts.json", jsonReply(`{"workers": 1}`)) },
				Config:      config,
				ExpectError: regexp.MustCompile(`not ready: 1 of 2 workers had\s+joined`),
			},
		},
	})
}

// TestAccDaskScheduler_blamesTheProxy expects that the error does not blame the machine,
// which received no request.
func TestAccDaskScheduler_blamesTheProxy(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(endingAfter(20 * time.Second))),
		Steps: []resource.TestStep{{
			Config:      fmt.Sprintf("provider \"pc\" {\n  http_proxy = %q\n}\n", closed.URL) + waitForConfig("http://scheduler.invalid:8787", ""),
			ExpectError: regexp.MustCompile(`(?s)No\s+connection\s+to\s+the\s+scheduler\s+was\s+made.*the\s+HTTP\s+proxy.*NO_PROXY`),
		}},
	})
}

func TestDaskScheduler_warnsOnItsAddress(t *testing.T) {
	t.Parallel()
	server := startScheduler(t, 1)
	strange := scripted.New(t, "")
	strange.On("GET /health", scripted.Reply{Status: http.StatusOK, ContentType: "text/html", Body: "<html>Sign in</html>"})
	client := providertest.NewClientWith(t, endingAfter(20*time.Second), map[string]any{})
	schema := client.Schema.DataSourceSchemas["pc_dask_scheduler"].ValueType()
	read := func(server *scripted.Server, onTimeout string) *tfprotov6.ReadDataSourceResponse {
		resp, err := client.Server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{
			TypeName: "pc_dask_scheduler",
			Config:   client.Value(t, schema, map[string]any{"dashboard_url": server.Base.String(), "minimum_workers": 2, "on_timeout": onTimeout}),
		})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for onTimeout, severity := range map[string]tfprotov6.DiagnosticSeverity{"warn": tfprotov6.DiagnosticSeverityWarning, "error": tfprotov6.DiagnosticSeverityError} {
		for _, responder := range []*scripted.Server{server, strange} {
			resp := read(responder, onTimeout)
			if len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Severity != severity || resp.Diagnostics[0].Attribute.String() != `AttributeName("dashboard_url")` {
				t.Errorf("%s: got %+v", onTimeout, resp.Diagnostics)
			}
		}
	}
	state := client.Attributes(t, schema, read(strange, "warn").State)
	for name, want := range map[string]string{"ready": `"false"`, "workers": "null", "last_error": "a Dask scheduler returns ok here"} {
		if got := state[name].String(); !strings.Contains(got, want) {
			t.Errorf("%s of another server is %s, want %s", name, got, want)
		}
	}
	state = client.Attributes(t, schema, read(server, "warn").State)
	for name, want := range map[string]string{"ready": `"false"`, "workers": `"1"`, "last_error": "1 of 2 workers"} {
		if got := state[name].String(); !strings.Contains(got, want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestAccDaskScheduler_checksTheCertificate(t *testing.T) {
	t.Parallel()
	pair, err := tls.LoadX509KeyPair("../../cloudinit/testdata/tls/cert.pem", "../../cloudinit/testdata/tls/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile("../../cloudinit/testdata/tls/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(startScheduler(t, 0))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = discardLogger()
	server.StartTLS()
	t.Cleanup(server.Close)
	other := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	foreign := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.TLS.Certificates[0].Certificate[0]})
	if !x509.NewCertPool().AppendCertsFromPEM(foreign) {
		t.Fatal("no certificate")
	}
	trusting := func(certificate []byte, more string) string {
		return waitForConfig(server.URL, fmt.Sprintf("ca_certificate = %q\n%s", certificate, more))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(provider.WithClock(clock.NewFake(clock.Real().Now()))),
		Steps: []resource.TestStep{
			{Config: trusting(authority, ""), ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(schedulerDataAddress, tfjsonpath.New("ready"), knownvalue.Bool(true)),
			}},
			{Config: trusting(foreign, ""), ExpectError: regexp.MustCompile(`(?s)authority\s+that\s+this\s+machine\s+does\s+not\s+trust.*Check\s+that\s+ca_certificate`)},
			{Config: waitForConfig(server.URL, ""), ExpectError: regexp.MustCompile(`(?s)No Dask scheduler responds at this address.*certificate`)},
			{Config: trusting(authority, `server_name = "other.example.com"`), ExpectError: regexp.MustCompile(`other\.example\.com`)},
			{Config: trusting([]byte("garbage"), ""), ExpectError: regexp.MustCompile(`no PEM\s+certificate`)},
		},
	})
}

func TestAccDaskScheduler_rejectsInvalidArguments(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		`dashboard_url = "10.0.0.4:8787"`:                                          `Invalid address of a web server`,
		`dashboard_url = "tls://10.0.0.4:8786"`:                                    `begins with http://`,
		`dashboard_url = "http://user:secret@h:8787"`:                              `without user`,
		"dashboard_url = \"http://h:8787\"\n minimum_workers = -1":                 `at least 0`,
		"dashboard_url = \"http://h:8787\"\n on_timeout = \"ignore\"":              `one of "error", "warn", not "ignore"`,
		"dashboard_url = \"http://h:8787\"\n timeouts = { read = \"0s\" }":         `Timeout must be positive`,
		"dashboard_url = \"http://h:8787\"\n timeouts = { read = \"20 minutes\" }": `(?i)duration`,
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: providertest.FactoriesWith(),
				Steps: []resource.TestStep{{
					Config:      "data \"pc_dask_scheduler\" \"test\" {\n" + arguments + "\n}",
					ExpectError: regexp.MustCompile(want),
				}},
			})
		})
	}
}

func discardLogger() *log.Logger { return log.New(io.Discard, "", 0) }
