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

func TestAwaitCredentials_sendsOneRequestForARunningCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, clusterReply("RUNNING"))
	got, err := client.AwaitCredentials(t.Context(), clusterName)
	if err != nil || got.Name != clusterName {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !strings.Contains(got.TLSCert.Reveal(), "CERTIFICATE") || !strings.Contains(got.TLSKey.Reveal(), "PRIVATE KEY") {
		t.Error("the certificate or the key is missing")
	}
	if printed := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(printed, "BEGIN") {
		t.Error("printing the credentials shows them")
	}
	server.Expect(t, getRequest)
}

func TestAwaitCredentials_ofRecordedCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On("GET /api/v1/clusters/"+recordedName, recordedReply(t, "cluster_running"))
	got, err := client.AwaitCredentials(t.Context(), recordedName)
	if err != nil || !strings.Contains(got.TLSKey.Reveal(), "this+is+a+fake") || !strings.Contains(got.TLSCert.Reveal(), "this+is+a+fake") {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAwaitCredentials_waitsForTheCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, clusterReply("PENDING"), clusterReply("RUNNING"))
	server.On(longPollRequest, clusterReply("RUNNING"))
	if _, err := client.AwaitCredentials(t.Context(), clusterName); err != nil {
		t.Fatal(err)
	}
	server.Expect(t, getRequest, longPollRequest, getRequest)
}

// The errors are transient, and one replica of the gateway does not have the cluster
// yet.
func TestAwaitCredentials_toleratesTransientErrors(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, proxyNotFoundReply, badGatewayReply, notFoundReply, clusterReply("RUNNING"), clusterReply("RUNNING"))
	server.On(listRequest, listReply(runningCluster(clusterName)))
	if _, err := client.AwaitCredentials(t.Context(), clusterName); err != nil {
		t.Fatal(err)
	}
}

func TestAwaitCredentials_endsWithTheCluster(t *testing.T) {
	t.Parallel()
	for status, final := range map[string]string{"STOPPED": "STOPPED", "FAILED": "FAILED", "STOPPING": "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getRequest, clusterReply(status), clusterReply(final))
			_, err := client.AwaitCredentials(t.Context(), clusterName)
			ended, ok := errors.AsType[*gateway.EndedError](err)
			if !ok || string(ended.Cluster.Status) != final {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAwaitCredentials_reportsAnAbsentCluster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, notFoundReply)
	server.On(longPollRequest, notFoundReply)
	server.On(listRequest, emptyListReply)
	_, err := client.AwaitCredentials(t.Context(), clusterName)
	if absent, ok := errors.AsType[*gateway.AbsentError](err); !ok || absent.Name != clusterName {
		t.Errorf("got %v", err)
	}
}

func TestAwaitCredentials_endsAtTheDeadline(t *testing.T) {
	t.Parallel()
	slow := newEndingClock(time.Minute)
	server, client := newScriptedWith(t, slow)
	server.On(getRequest, clusterReply("PENDING"))
	server.On(longPollRequest, clusterReply("PENDING"))
	_, err := client.AwaitCredentials(t.Context(), clusterName)
	late, ok := errors.AsType[*gateway.TimeoutError](err)
	if !ok || late.Last != gateway.StatusPending || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAwaitCredentials_rejectsAResponseWithoutKey(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, jsonReply(strings.Replace(clusterJSON(clusterName, "RUNNING", startTime, defaultOptions("1.0")), `"tls_key": "`, `"key": "`, 1)))
	_, err := client.AwaitCredentials(t.Context(), clusterName)
	if err == nil || !strings.Contains(err.Error(), "no key") || strings.Contains(err.Error(), "BEGIN") {
		t.Errorf("got %v", err)
	}
}
