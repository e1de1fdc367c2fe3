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

// TestDumps_holdNoSecret dumps the client, and what it returns for answers that
// hold the key of a cluster and the token of the request.
func TestDumps_holdNoSecret(t *testing.T) {
	t.Parallel()
	const key = `-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkq\n-----END PRIVATE KEY-----\n`
	server, client, _ := newScripted(t)
	running := ok(fmt.Sprintf(`{"name": %q, "status": "RUNNING", "options": {}, "start_time": 1, "stop_time": null, "tls_cert": "-----BEGIN CERTIFICATE-----\nMIIB\n", "tls_key": "%s"}`, name, key))
	server.On(get, running, running, running, failing(http.StatusForbidden, "jupyterhub sesame may not read "+key))
	credentials, err := client.GetCredentials(t.Context(), name)
	if err != nil || credentials.TLSKey.IsZero() {
		t.Fatalf("%v, %v", credentials, err)
	}
	cluster, err := client.GetCluster(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	awaited, err := client.AwaitCredentials(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	_, refused := client.GetCredentials(t.Context(), name)
	if refused == nil {
		t.Fatal("a 403 was no error")
	}
	scripted.AssertHidden(t, []string{"sesame", "MIIEvgIBADANBgkq"}, client, credentials, &credentials, awaited, cluster, refused,
		&gateway.EndedError{Cluster: credentials.Cluster})
}
