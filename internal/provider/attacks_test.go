// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	// attackVariable is set in the process that is attacked.
	attackVariable = "TERRAFORM_PROVIDER_PC_ATTACK"
	// maxPeakMemory is in KiB, as in /proc/self/status.
	maxPeakMemory = 300 << 10
	maxStopTime   = 2 * time.Second
	attackers     = 64
	// attackSize is the size of one response.
	attackSize = 4_600_000
)

// attack is a server whose responses would need more memory than the provider may use.
type attack struct {
	// response returns the body of every response. A scheduler's health is always ok.
	response func() string
	// read sends the requests of one of the attackers.
	read func(t *testing.T, w providertest.Client, address string, i int) []*tfprotov6.Diagnostic
	// want is a part of the error.
	wantError string
}

// The provider survives each attack with little memory, obeys Ctrl-C, and reports an
// error. The attack runs in a separate process, because the kernel measures the peak
// memory of a whole process.
func TestProvider_survivesAttacks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the test reads the peak memory from /proc, which only Linux has")
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAttackedProvider$", "-test.count=1") //nolint:gosec // this test itself
	// The limits are those that Serve sets.
	command.Env = append(os.Environ(), attackVariable+"=1", "GOGC=400", "GOMEMLIMIT=224MiB")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
}

func TestAttackedProvider(t *testing.T) { //nolint:paralleltest // Each attack is measured alone.
	if os.Getenv(attackVariable) == "" {
		t.Skip("TestProvider_survivesAttacks starts this test in a separate process")
	}
	for name, attack := range responseAttacks() { //nolint:paralleltest // As above.
		t.Run(name, attack.run)
	}
}

func (a attack) run(t *testing.T) {
	response := a.response()
	requested := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(client http.ResponseWriter, r *http.Request) {
		client.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/health" {
			_, _ = io.WriteString(client, "ok")
			return
		}
		select {
		case requested <- struct{}{}:
		default:
		}
		_, _ = io.WriteString(client, response)
	}))
	t.Cleanup(server.Close)
	client := providertest.NewClientWith(t, clock.Real(), map[string]any{
		"address": server.URL, "hub_address": server.URL, "stac_url": server.URL, "sas_url": server.URL,
		"api_token": "a-token", "max_connections": attackers, "max_retries": 0,
	})
	diagnostics := a.readAll(t, client, server.URL)
	providertest.AssertPresentable(t, diagnostics)
	text := ""
	for _, d := range diagnostics {
		text += d.Summary + ": " + d.Detail + "\n"
	}
	if !strings.Contains(text, a.wantError) {
		t.Errorf("the errors do not contain %q:\n%s", a.wantError, text)
	}
	assertLittleMemory(t)
	<-requested
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.readAll(t, client, server.URL)
	}()
	select {
	case <-requested:
	case <-done:
	}
	stopped := clock.Real().Now()
	stopUntil(t, client, done)
	if took := clock.Real().Now().Sub(stopped); took > maxStopTime {
		t.Errorf("the provider stopped after %s", took)
	}
	assertLittleMemory(t)
}

// stopUntil stops calls until all have returned. On a busy machine some begin late.
// Terraform would not begin them after the first interrupt.
func stopUntil(t *testing.T, client providertest.Client, done <-chan struct{}) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := client.Server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		case <-again.C:
		}
	}
}

func (a attack) readAll(t *testing.T, client providertest.Client, address string) []*tfprotov6.Diagnostic {
	t.Helper()
	var mu sync.Mutex
	var all []*tfprotov6.Diagnostic
	var attacking sync.WaitGroup
	for i := range attackers {
		attacking.Go(func() {
			diagnostics := a.read(t, client, address, i)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, diagnostics...)
		})
	}
	attacking.Wait()
	return all
}

func assertLittleMemory(t *testing.T) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	peak := 0
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &peak); err != nil {
		t.Fatal(err)
	}
	if peak > maxPeakMemory {
		t.Errorf("the process needed %d MiB, want at most %d", peak>>10, maxPeakMemory>>10)
	}
}

// repeated fills a response up to attackSize.
func repeated(begin, part, end string) string {
	return begin + strings.Repeat(part, (attackSize-len(begin)-len(end))/len(part)) + end
}

func readData(typeName string, config func(address string, i int) map[string]any) func(*testing.T, providertest.Client, string, int) []*tfprotov6.Diagnostic {
	return func(t *testing.T, client providertest.Client, address string, i int) []*tfprotov6.Diagnostic {
		t.Helper()
		_, diagnostics := client.ReadData(t, typeName, config(address, i))
		return diagnostics
	}
}

func responseAttacks() map[string]attack {
	named := func(string, int) map[string]any { return map[string]any{"name": fmt.Sprintf("%032x", 1)} }
	empty := func(string, int) map[string]any { return map[string]any{} }
	cluster := `{"name": "00000000000000000000000000000001", "status": "RUNNING", "start_time": 1, "dashboard_route": "/x", "options": `
	listed := `{"00000000000000000000000000000001": ` + cluster
	collection := func(string, int) map[string]any { return map[string]any{"id": "x"} }
	stac := `{"type": "Collection", "id": "x", "title": "x", "description": "x", "license": "x", `
	all := map[string]attack{}
	for shape, body := range map[string]struct{ begin, repeatedPart, end, wantError string }{
		"objects": {`{"a": [`, `{"":{}},`, `1]}`, "one value in the response has more than 20000 elements"},
		"text":    {`{"a": "`, `x`, `"}`, "one value in the response is longer than 1 MiB"},
	} {
		around := func(begin, end string) func() string {
			return func() string { return begin + repeated(body.begin, body.repeatedPart, body.end) + end }
		}
		all["cluster with options of "+shape] = attack{response: around(cluster, "}"), wantError: body.wantError, read: readData("pc_dask_cluster", named)}
		all["clusters with options of "+shape] = attack{response: around(listed, "}}"), wantError: body.wantError, read: readData("pc_clusters", empty)}
		all["user with options of "+shape] = attack{
			response:  around(`{"kind": "user", "name": "x", "servers": {"": {"name": "", "url": "/x", "user_options": `, `}}}`),
			wantError: body.wantError,
			read:      readData("pc_hub_user", func(string, int) map[string]any { return map[string]any{"name": "x"} }),
		}
		all["options of "+shape] = attack{
			response:  around(`{"cluster_options": [{"field": "x", "label": "x", "default": `, `, "spec": {"type": "mapping"}}]}`),
			wantError: body.wantError,
			read:      readData("pc_cluster_options", empty),
		}
		all["collection with assets of "+shape] = attack{response: around(stac+`"assets": `, `}`), wantError: body.wantError, read: readData("pc_collection", collection)}
		all["list of users with options of "+shape] = attack{
			response: around(`[{"kind": "user", "name": "x", "servers": {"": {"name": "", "url": "/x", "user_options": `, `}}}]`), read: listResources("pc_hub_server", map[string]any{"all_users": true}),
		}
		all["scheduler with "+shape] = attack{
			response: around(`{"workers": 0, "type": "Scheduler", "x": `, "}"),
			read: readData("pc_dask_scheduler", func(address string, _ int) map[string]any {
				return map[string]any{"dashboard_url": address, "timeouts": map[string]any{"read": "3s"}}
			}),
		}
	}
	// These test the same limit as other cases, and take seconds.
	for _, slow := range []string{"list of users with options of text", "clusters with options of text", "user with options of text"} {
		delete(all, slow)
	}
	return all
}

// listResources lists with terraform query, which fails when it is interrupted.
func listResources(typeName string, config map[string]any) func(*testing.T, providertest.Client, string, int) []*tfprotov6.Diagnostic {
	return func(t *testing.T, client providertest.Client, _ string, _ int) []*tfprotov6.Diagnostic {
		t.Helper()
		server, ok := client.Server.(tfprotov6.ListResourceServer)
		if !ok {
			t.Error("the provider has no list resources")
			return nil
		}
		stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
			TypeName: typeName, Limit: 100, Config: client.Value(t, client.Schema.ListResourceSchemas[typeName].ValueType(), config),
		})
		if err != nil {
			return []*tfprotov6.Diagnostic{{Summary: "The query failed", Detail: err.Error()}}
		}
		var all []*tfprotov6.Diagnostic
		for result := range stream.Results {
			all = append(all, result.Diagnostics...)
		}
		return all
	}
}
