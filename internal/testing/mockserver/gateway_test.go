// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestCluster_passesThroughItsStatuses(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	server.SetStartsHeld(true)
	alice := newClient(t, server, server.NewToken("alice"))
	name := field[string](t, alice.callGateway(http.MethodPost, clustersPath, `{"cluster_options": {"worker_cores": 2}}`), "name")
	if status := server.Clusters("alice")[0].Status; status != "PENDING" {
		t.Errorf("status of a held cluster: %s", status)
	}

	responses := make(chan testResponse, 1)
	go func() {
		got, err := alice.tryGateway(t.Context(), http.MethodGet, clustersPath+name+"?wait", "")
		if err != nil {
			t.Error(err)
		}
		responses <- got
	}()
	server.SetStartsHeld(false)
	if status := field[string](t, <-responses, "status"); status != "RUNNING" {
		t.Errorf("status after the long poll: %s", status)
	}

	alice.callGateway(http.MethodDelete, clustersPath+name, "").expect(t, http.StatusNoContent, "")
	waitUntil(t, "STOPPED", func() bool { return server.Clusters("alice")[0].Status == "STOPPED" })
	alice.callGateway(http.MethodGet, clustersPath, "").expect(t, http.StatusOK, "{}")
	server.DeleteClusterRecord(name)
	alice.callGateway(http.MethodGet, clustersPath+name, "").expect(t, http.StatusNotFound, `{"error": "Cluster `+name+` not found"}`)
}

func TestCluster_failsAndStops(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	status := func(name string) string {
		return field[string](t, alice.callGateway(http.MethodGet, clustersPath+name, ""), "status")
	}
	server.SetStartsFail(true)
	failing := alice.create(`{}`)
	server.SetStartsFail(false)
	broken := alice.create(`{"profile": "broken"}`)
	for _, name := range []string{failing, broken} {
		waitUntil(t, "FAILED", func() bool { return status(name) == "FAILED" })
	}
	failed := server.AddCluster("alice", map[string]any{"environment": map[string]string{"A": "B"}})
	server.FailCluster(failed)
	idle := server.AddCluster("alice", nil)
	server.StopCluster(idle)
	if status(failed) != "FAILED" || status(idle) != "STOPPED" {
		t.Errorf("failed cluster: %s, idle cluster: %s", status(failed), status(idle))
	}
	if got := server.Clusters("alice"); len(got) != 4 || got[2].Options["environment"].(map[string]any)["A"] != "B" { //nolint:forcetypeassert // a panic fails the test as well
		t.Errorf("clusters = %+v", got)
	}
}

func TestLongPoll_endsWithTheServer(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{LongPoll: time.Hour})
	alice := newClient(t, server, server.NewToken("alice"))
	name := field[string](t, alice.callGateway(http.MethodPost, clustersPath, `{"cluster_options": {"profile": "stuck"}}`), "name")
	wait := func(ctx context.Context) error {
		_, err := alice.tryGateway(ctx, http.MethodGet, clustersPath+name+"?wait", "")
		return err
	}

	timeoutCtx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := wait(timeoutCtx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error of a client that gave up: %v", err)
	}
	if err := server.AwaitRequest(t.Context(), http.MethodGet, "*"+name); err != nil {
		t.Error(err)
	}

	results := make(chan error, 1)
	go func() { results <- wait(t.Context()) }()
	server.Close()
	if err := <-results; err == nil {
		t.Error("the long poll received a response although the server stopped")
	}
	server.Close()
}

func TestCertificate_isForTheCluster(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	name := alice.create(`{}`)
	got := alice.callGateway(http.MethodGet, clustersPath+name, "")
	certificate := field[string](t, got, "tls_cert")
	if _, err := tls.X509KeyPair([]byte(certificate), []byte(field[string](t, got, "tls_key"))); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(certificate))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if names := strings.Join(parsed.DNSNames, " "); parsed.Subject.CommonName != "dask-internal" || names != name+" dask-internal skein-internal" {
		t.Errorf("names: %s, %s", parsed.Subject.CommonName, names)
	}
}

// A gateway with limits returns 201 for clusters that can never have a worker. The
// numbers are those of a real gateway with the same limits.
func TestLimits_clampScaling(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{MaxCores: 3, MaxMemory: 9 << 30})
	alice := newClient(t, server, server.NewToken("alice"))
	for options, limit := range map[string]string{
		`{}`: "0",
		`{"worker_cores": 2.5, "worker_memory": 1}`:  "0",
		`{"worker_cores": 1, "worker_memory": 3.6}`:  "1",
		`{"worker_cores": 1, "worker_memory": 1}`:    "2",
		`{"worker_cores": 1, "worker_memory": 7}`:    "1",
		`{"worker_cores": 1, "worker_memory": 7.01}`: "0",
	} {
		name := alice.create(options)
		alice.callGateway(http.MethodPost, clustersPath+name+"/scale", `{"count": 99}`).expect(t, http.StatusOK,
			`{"ok": false, "msg": "Scale request of 99 workers would exceed resource limit of `+limit+` workers. Scaling to `+limit+` instead."}`)
	}
	smallLimit := startMock(t, mockserver.Config{MaxMemory: 1 << 30})
	newClient(t, smallLimit, smallLimit.NewToken("alice")).callGateway(http.MethodPost, clustersPath, "{}").expect(t, http.StatusUnprocessableEntity,
		`{"error": "Scheduler memory request of 2.00 GiB exceeds cluster memory limit of 1024.00 MiB"}`)
}

func TestWorkers_followScaleAndAdapt(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	name := alice.create(`{"worker_cores": 1.5, "worker_memory": 2}`)
	for _, step := range []struct {
		call, body string
		workers    int64
	}{
		{"scale", `{"count": 3}`, 3},
		{"adapt", `{"minimum": 1, "maximum": 10}`, 1},
		{"adapt", `{"active": false}`, 1},
		{"adapt", `{"minimum": 5, "maximum": 2}`, 2},
		{"adapt", `{"minimum": -7, "maximum": -5}`, 0},
		{"scale", `{"count": 2}`, 2},
		// Adaptive scaling can neither start nor stop a fraction of a worker.
		{"adapt", `{"minimum": 4.5}`, 2},
		{"adapt", `{}`, 0},
	} {
		alice.callGateway(http.MethodPost, clustersPath+name+"/"+step.call, step.body).expect(t, http.StatusOK, `{"ok": true, "msg": null}`)
		waitUntil(t, step.body, func() bool { return server.Clusters("alice")[0].Workers == step.workers })
	}
	alice.callGateway(http.MethodPost, clustersPath+name+"/scale", `{"count": 2}`)
	waitUntil(t, "two workers", func() bool { return server.Clusters("alice")[0].Workers == 2 })
	identity := alice.callGateway(http.MethodGet, "clusters/"+name+"/json/identity.json", "")
	if threads, memory := field[int](t, identity, "total_threads"), field[int](t, identity, "total_memory"); threads != 4 || memory != 4<<30 {
		t.Errorf("%d threads with %d bytes", threads, memory)
	}
	got := server.Clusters("alice")[0]
	if got.Adaptive || got.Minimum != nil {
		t.Errorf("cluster after scaling: %+v", got)
	}
}

func TestStart_rejectsUnknownAuthentication(t *testing.T) {
	t.Parallel()
	if _, err := mockserver.Start(mockserver.Config{Auth: "kerberos"}); err == nil {
		t.Error("the mock started")
	}
}
