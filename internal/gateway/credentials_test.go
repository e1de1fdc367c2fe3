// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func TestAwaitCredentials_oneRequestIsEnough(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, is("RUNNING"))
	got, err := client.AwaitCredentials(t.Context(), name)
	if err != nil || got.Name != name {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !strings.Contains(got.TLSCert.Reveal(), "CERTIFICATE") || !strings.Contains(got.TLSKey.Reveal(), "PRIVATE KEY") {
		t.Error("the certificate or the key is missing")
	}
	if printed := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(printed, "BEGIN") {
		t.Error("printing the credentials shows them")
	}
	server.Expect(t, get)
}

func TestAwaitCredentials_ofRecordedCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On("GET /api/v1/clusters/"+recordedName, recorded(t, "cluster_running"))
	got, err := client.AwaitCredentials(t.Context(), recordedName)
	if err != nil || !strings.Contains(got.TLSKey.Reveal(), "this+is+a+fake") || !strings.Contains(got.TLSCert.Reveal(), "this+is+a+fake") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAwaitCredentials_waitsForTheCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, is("PENDING"), is("RUNNING"))
	server.On(poll, is("RUNNING"))
	if _, err := client.AwaitCredentials(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	server.Expect(t, get, poll, get)
}

// TestAwaitCredentials_bears has faults that pass, and a replica of the gateway
// that does not know the cluster yet.
func TestAwaitCredentials_bears(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, proxy404, badGate, missing, is("RUNNING"), is("RUNNING"))
	server.On(list, listing(running(name)))
	if _, err := client.AwaitCredentials(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

func TestAwaitCredentials_endsWithTheCluster(t *testing.T) {
	t.Parallel()
	for status, final := range map[string]string{"STOPPED": "STOPPED", "FAILED": "FAILED", "STOPPING": "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, is(status), is(final))
			_, err := client.AwaitCredentials(t.Context(), name)
			ended, ok := errors.AsType[*gateway.EndedError](err)
			if !ok || string(ended.Cluster.Status) != final {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAwaitCredentials_saysThatThereIsNoSuchCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, missing)
	server.On(poll, missing)
	server.On(list, empty)
	_, err := client.AwaitCredentials(t.Context(), name)
	if absent, ok := errors.AsType[*gateway.AbsentError](err); !ok || absent.Name != name {
		t.Errorf("got %v", err)
	}
}

func TestAwaitCredentials_endsInTime(t *testing.T) {
	t.Parallel()
	slow := newEndingClock(time.Minute)
	server, client := newScriptedWith(t, slow)
	server.On(get, is("PENDING"))
	server.On(poll, is("PENDING"))
	_, err := client.AwaitCredentials(t.Context(), name)
	late, ok := errors.AsType[*gateway.TimeoutError](err)
	if !ok || late.Last != gateway.StatusPending || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAwaitCredentials_refusesAnAnswerWithoutKey(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, ok(strings.Replace(clusterJSON(name, "RUNNING", start, defaults("1.0")), `"tls_key": "`, `"key": "`, 1)))
	_, err := client.AwaitCredentials(t.Context(), name)
	if err == nil || !strings.Contains(err.Error(), "no key") || strings.Contains(err.Error(), "BEGIN") {
		t.Errorf("got %v", err)
	}
}
