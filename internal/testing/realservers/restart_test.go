// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package realservers_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// TestRestart_keepsClustersOfKilledGateway requires that the gateway stores its clusters
// in a file, and that their processes keep running without it.
func TestRestart_keepsClustersOfKilledGateway(t *testing.T) {
	t.Parallel()
	stack := startStack(t, realservers.Config{})
	output, err := stack.Python(t.Context(), `
from dask_gateway import Gateway
cluster = Gateway().new_cluster(shutdown_on_close=False)
cluster.scale(1)
cluster.get_client().wait_for_workers(1)
print(cluster.name)
`)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(string(output))
	token := stack.Token("alice")
	if err := stack.Kill(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	if status, body := requestGateway(t, stack, "api/v1/clusters/", token); status < 500 {
		t.Errorf("the killed gateway responds with %d: %s", status, body)
	}
	if err := stack.Restart(t.Context(), "gateway"); err != nil {
		t.Fatal(err)
	}
	if got := stack.Token("alice"); got != token {
		t.Error("the restart created another token")
	}
	if _, body := requestGateway(t, stack, "api/v1/clusters/", token); !strings.Contains(body, name) {
		t.Errorf("the gateway does not list %s: %s", name, body)
	}
	output, err = stack.Python(t.Context(), `
import os
from dask_gateway import Gateway
with Gateway().connect(os.environ["CLUSTER"], shutdown_on_close=True) as cluster:
    print(cluster.get_client().submit(sum, [1, 2, 3]).result())
`, "CLUSTER="+name)
	if err != nil || strings.TrimSpace(string(output)) != "6" {
		t.Errorf("the cluster computed %q: %v\n%s", output, err, stack.Logs())
	}
}
