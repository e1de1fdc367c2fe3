// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// TestDumps_containNoSecret prints the client and its results. The responses
// contain a cluster's key and the request's token.
func TestDumps_containNoSecret(t *testing.T) {
	t.Parallel()
	const key = `-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkq\n-----END PRIVATE KEY-----\n`
	server, client, _ := newScripted(t)
	running := jsonReply(fmt.Sprintf(`{"name": %q, "status": "RUNNING", "options": {}, "start_time": 1, "stop_time": null, "tls_cert": "-----BEGIN CERTIFICATE-----\nMIIB\n", "tls_key": "%s"}`, clusterName, key))
	server.On(getRequest, running, running, running, errorReply(http.StatusForbidden, "jupyterhub sesame may not read "+key))
	credentials, err := client.GetCredentials(t.Context(), clusterName)
	if err != nil || credentials.TLSKey.IsZero() {
		t.Fatalf("%v, %v", credentials, err)
	}
	cluster, err := client.GetCluster(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	awaited, err := client.AwaitCredentials(t.Context(), clusterName)
	if err != nil {
		t.Fatal(err)
	}
	_, wantError := client.GetCredentials(t.Context(), clusterName)
	if wantError == nil {
		t.Fatal("a 403 returned no error")
	}
	scripted.AssertHidden(t, []string{"sesame", "MIIEvgIBADANBgkq"}, client, credentials, &credentials, awaited, cluster, wantError,
		&gateway.EndedError{Cluster: credentials.Cluster})
}
