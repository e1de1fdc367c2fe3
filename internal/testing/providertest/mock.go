// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package providertest contains what the acceptance tests of all types share: a mock
// with the provider's clock, a client of the plugin protocol, and assertions.
package providertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// ClusterAddress is the address of the cluster in the configurations of tests.
const ClusterAddress = "pc_dask_cluster.test"

// Mock is a gateway and a Hub, with the clock that the provider uses to wait for
// them.
type Mock struct {
	*mockserver.Server
	Clock *clock.Fake
	// isKubernetes reports that the mock shares the provider's clock.
	isKubernetes bool
}

// PassTime advances the clocks of the provider and of the mock.
func (m *Mock) PassTime(d time.Duration) {
	m.Clock.Advance(d)
	if !m.isKubernetes {
		m.Advance(d)
	}
}

// StartMock starts a gateway and a Hub for one test, which stop when the test ends.
// With MOCK_GATEWAY=kubernetes it is a gateway with the Kubernetes backend
// and two replicas, one of which lags behind. They share the provider's clock, so
// that the cache catches up while the provider waits.
func StartMock(t *testing.T, cfg mockserver.Config) *Mock {
	t.Helper()
	fake := clock.NewFake(clock.Real().Now())
	if isKubernetes() {
		cfg.Kubernetes = &mockserver.Kubernetes{CacheLags: []time.Duration{0, 3 * time.Second}}
		cfg.Now, cfg.LongPoll = fake.Now, 10*time.Millisecond
	}
	return startMock(t, cfg, fake)
}

// StartMockInRealTime is StartMock for tests whose provider is a separate process:
// provider and gateway use the real clock.
func StartMockInRealTime(t *testing.T, cfg mockserver.Config) *Mock {
	t.Helper()
	if isKubernetes() {
		cfg.Kubernetes = &mockserver.Kubernetes{CacheLags: []time.Duration{0, 300 * time.Millisecond}}
		cfg.LongPoll = 500 * time.Millisecond
	}
	return startMock(t, cfg, clock.NewFake(clock.Real().Now()))
}

func isKubernetes() bool {
	return os.Getenv("MOCK_GATEWAY") == "kubernetes"
}

func startMock(t *testing.T, cfg mockserver.Config, fake *clock.Fake) *Mock {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return &Mock{Server: server, Clock: fake, isKubernetes: isKubernetes()}
}

// Factories create the provider with the mock's clock, on which waits end at once, and
// with retries that do not wait.
func Factories(m *Mock) map[string]func() (tfprotov6.ProviderServer, error) {
	return FactoriesWith(provider.WithClock(m.Clock))
}

// FactoriesWith creates the provider with options.
func FactoriesWith(options ...provider.Option) map[string]func() (tfprotov6.ProviderServer, error) {
	options = append(options, provider.WithRetryWait(time.Millisecond, 2*time.Millisecond))
	return map[string]func() (tfprotov6.ProviderServer, error){
		"pc": func() (tfprotov6.ProviderServer, error) {
			return provider.NewServer(provider.New("test", options...)()), nil
		},
	}
}

// ProviderBlock points the provider at a mock, as user alice.
func ProviderBlock(server *Mock) string {
	return ProviderBlockAs(server, server.NewToken("alice"))
}

// ProviderBlockAs points the provider at a mock with another token.
func ProviderBlockAs(server *Mock, token string) string {
	return fmt.Sprintf("provider \"pc\" {\n  address = %q\n  api_token = %q\n}\n", server.GatewayURL(), token)
}

// Block is ProviderBlock for the plugin protocol.
func Block(server *Mock) map[string]any {
	return map[string]any{"address": server.GatewayURL(), "api_token": server.NewToken("alice")}
}

// RespondingBlock is Block for servers that respond to every GET with this status and
// body. The provider does not retry.
func RespondingBlock(t *testing.T, status int, body string) map[string]any {
	t.Helper()
	server := StartMock(t, mockserver.Config{})
	server.FailNext(RespondAlways("*", status, body))
	block := Block(server)
	block["max_retries"] = 0
	return block
}

// AfterApply runs an assertion on the mock within a test step: after its
// apply and before the plan that must be empty.
type AfterApply func() error

// CheckState runs the assertion.
func (d AfterApply) CheckState(_ context.Context, _ statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	resp.Error = d()
}

// Requested asserts how many requests have succeeded since the journal was last
// cleared. A replica that has not cached a cluster yet rejects them.
func Requested(server *Mock, method, path string, want int) AfterApply {
	return func() error {
		if got := server.CountSuccessful(method, path); got != want {
			return fmt.Errorf("%s %s was requested %d times, want %d\n%s", method, path, got, want, Journal(server))
		}
		return nil
	}
}

// Journal lists the requests that the mock received, for messages of tests.
func Journal(server *Mock) string {
	var text strings.Builder
	for _, request := range server.Requests() {
		_, _ = fmt.Fprintf(&text, "  %s %s?%s -> %d %s\n", request.Method, request.Path, request.Query, request.Status, request.Body)
	}
	return text.String()
}

// WantBody asserts the body of the last POST to such a path.
func WantBody(server *Mock, suffix, want string) error {
	var body []byte
	for _, request := range server.Requests() {
		if request.Method == http.MethodPost && strings.HasSuffix(request.Path, suffix) {
			body = request.Body
		}
	}
	var got any
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("body of POST %s: %w", suffix, err)
	}
	sorted, err := json.Marshal(got)
	if err == nil && string(sorted) != want {
		err = fmt.Errorf("POST %s had the body %s, want %s", suffix, sorted, want)
	}
	return err
}

// AssertNothingRuns asserts that the user's clusters have all ended.
func AssertNothingRuns(t *testing.T, server *Mock) {
	t.Helper()
	for _, each := range server.Clusters("alice") {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			t.Errorf("the cluster %s is left behind, %s", each.Name, each.Status)
		}
	}
}
