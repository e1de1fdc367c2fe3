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

func TestCluster_fromStartToEnd(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	server.SetStartsHeld(true)
	alice := newClient(t, server, server.NewToken("alice"))
	name := field[string](t, alice.ask(http.MethodPost, clusters, `{"cluster_options": {"worker_cores": 2}}`), "name")
	if status := server.Clusters("alice")[0].Status; status != "PENDING" {
		t.Errorf("a held cluster is %s", status)
	}

	ended := make(chan answer, 1)
	go func() {
		got, err := alice.do(t.Context(), http.MethodGet, alice.gateway+clusters+name+"?wait", "", map[string]string{"Authorization": "jupyterhub " + alice.token})
		if err != nil {
			t.Error(err)
		}
		ended <- got
	}()
	server.SetStartsHeld(false)
	if status := field[string](t, <-ended, "status"); status != "RUNNING" {
		t.Errorf("the long poll ended with %s", status)
	}

	alice.ask(http.MethodDelete, clusters+name, "").is(t, http.StatusNoContent, "")
	eventually(t, "STOPPED", func() bool { return server.Clusters("alice")[0].Status == "STOPPED" })
	alice.ask(http.MethodGet, clusters, "").is(t, http.StatusOK, "{}")
	server.DeleteClusterRecord(name)
	alice.ask(http.MethodGet, clusters+name, "").is(t, http.StatusNotFound, `{"error": "Cluster `+name+` not found"}`)
}

func TestCluster_endsBadly(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	status := func(name string) string {
		return field[string](t, alice.ask(http.MethodGet, clusters+name, ""), "status")
	}
	server.SetStartsFail(true)
	failing := alice.create(`{}`)
	server.SetStartsFail(false)
	broken := alice.create(`{"profile": "broken"}`)
	for _, name := range []string{failing, broken} {
		eventually(t, "FAILED", func() bool { return status(name) == "FAILED" })
	}
	dying := server.AddCluster("alice", map[string]any{"environment": map[string]string{"A": "B"}})
	server.FailCluster(dying)
	idle := server.AddCluster("alice", nil)
	server.StopCluster(idle)
	if status(dying) != "FAILED" || status(idle) != "STOPPED" {
		t.Errorf("the dying cluster is %s, the idle one %s", status(dying), status(idle))
	}
	if got := server.Clusters("alice"); len(got) != 4 || got[2].Options["environment"].(map[string]any)["A"] != "B" { //nolint:forcetypeassert // a panic is a failure here
		t.Errorf("clusters are %+v", got)
	}
}

func TestLongPoll_endsWithTheServer(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{LongPoll: time.Hour})
	alice := newClient(t, server, server.NewToken("alice"))
	name := field[string](t, alice.ask(http.MethodPost, clusters, `{"cluster_options": {"profile": "stuck"}}`), "name")
	wait := func(ctx context.Context) error {
		_, err := alice.do(ctx, http.MethodGet, alice.gateway+clusters+name+"?wait", "", map[string]string{"Authorization": "jupyterhub " + alice.token})
		return err
	}

	gone, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	if err := wait(gone); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a client that has left got %v", err)
	}
	if err := server.AwaitRequest(t.Context(), http.MethodGet, "*"+name); err != nil {
		t.Error(err)
	}

	ended := make(chan error, 1)
	go func() { ended <- wait(t.Context()) }()
	server.Close()
	if err := <-ended; err == nil {
		t.Error("the server ended, and the long poll has an answer all the same")
	}
	server.Close()
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	name := alice.create(`{}`)
	got := alice.ask(http.MethodGet, clusters+name, "")
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
		t.Errorf("it is for %s, %s", parsed.Subject.CommonName, names)
	}
}

// A gateway with limits says 201 to clusters that will never have a worker. The
// figures were seen on a real gateway with the same limits.
func TestLimits(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{MaxCores: 3, MaxMemory: 9 << 30})
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
		alice.ask(http.MethodPost, clusters+name+"/scale", `{"count": 99}`).is(t, http.StatusOK,
			`{"ok": false, "msg": "Scale request of 99 workers would exceed resource limit of `+limit+` workers. Scaling to `+limit+` instead."}`)
	}
	small := start(t, mockserver.Config{MaxMemory: 1 << 30})
	newClient(t, small, small.NewToken("alice")).ask(http.MethodPost, clusters, "{}").is(t, http.StatusUnprocessableEntity,
		`{"error": "Scheduler memory request of 2.00 GiB exceeds cluster memory limit of 1024.00 MiB"}`)
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
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
		// No worker can be made of a fraction, nor goes one.
		{"adapt", `{"minimum": 4.5}`, 2},
		{"adapt", `{}`, 0},
	} {
		alice.ask(http.MethodPost, clusters+name+"/"+step.call, step.body).is(t, http.StatusOK, `{"ok": true, "msg": null}`)
		eventually(t, step.body, func() bool { return server.Clusters("alice")[0].Workers == step.workers })
	}
	alice.ask(http.MethodPost, clusters+name+"/scale", `{"count": 2}`)
	eventually(t, "two workers", func() bool { return server.Clusters("alice")[0].Workers == 2 })
	identity := alice.ask(http.MethodGet, "clusters/"+name+"/json/identity.json", "")
	if threads, memory := field[int](t, identity, "total_threads"), field[int](t, identity, "total_memory"); threads != 4 || memory != 4<<30 {
		t.Errorf("%d threads with %d bytes", threads, memory)
	}
	got := server.Clusters("alice")[0]
	if got.Adaptive || got.Minimum != nil {
		t.Errorf("scaling leaves %+v", got)
	}
}

func TestStart_refusesAnUnknownAuthentication(t *testing.T) {
	t.Parallel()
	if _, err := mockserver.Start(mockserver.Config{Auth: "kerberos"}); err == nil {
		t.Error("it started")
	}
}
