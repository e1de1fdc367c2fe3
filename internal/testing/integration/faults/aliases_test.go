// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// Two providers act as two users on one host. The gateway sends a cookie with each
// response. The cookie takes precedence over the header, so a client that stored it
// would act as the wrong user.
func TestAliases_actAsSeparateUsers(t *testing.T) {
	t.Parallel()
	mock := faults.NewWorld(t, mockserver.Config{}).Mock
	// Each alias runs in its own process, unlike a provider in the test's process.
	w := terraform.New(t)
	w.Write("main.tf", fmt.Sprintf(`
provider "pc" {
  address   = %[1]q
  api_token = %[2]q
}
provider "pc" {
  alias     = "bob"
  address   = %[1]q
  api_token = %[3]q
}
resource "pc_dask_cluster" "alices" {
  workers = 1
}
resource "pc_dask_cluster" "bobs" {
  provider = pc.bob
  workers  = 1
}
resource "pc_hub_token" "bobs" {
  provider = pc.bob
  note     = "bob's own"
}
data "pc_clusters" "bobs" {
  provider   = pc.bob
  depends_on = [pc_dask_cluster.alices, pc_dask_cluster.bobs]
}
output "bobs" { value = data.pc_clusters.bobs.names }
output "user" { value = pc_hub_token.bobs.user }
`, mock.GatewayURL(), mock.NewToken("alice"), mock.NewToken("bob")))
	w.Apply()
	assertOwnClusters(t, mock)
	outputs := w.Outputs()
	if got, want := fmt.Sprintf("%v %v", outputs["bobs"], outputs["user"]), fmt.Sprintf("[%s] bob", mock.Clusters("bob")[0].Name); got != want {
		t.Errorf("bob's outputs are %s, want %s", got, want)
	}
	if actions := w.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	w.Destroy()
	assertOwnClusters(t, mock)
	for _, user := range []string{"alice", "bob"} {
		if each := mock.Clusters(user)[0]; each.Status != "STOPPED" {
			t.Errorf("%s's cluster is %s", user, each.Status)
		}
	}
}

// assertOwnClusters asserts that each user has one cluster, that each request about
// a cluster came from its owner, and that no request contained a cookie.
func assertOwnClusters(t *testing.T, mock *mockserver.Server) {
	t.Helper()
	owners := map[string]string{}
	for _, user := range []string{"alice", "bob"} {
		clusters := mock.Clusters(user)
		if len(clusters) != 1 {
			t.Fatalf("%s has %d clusters, want 1", user, len(clusters))
		}
		owners["/services/dask-gateway/api/v1/clusters/"+clusters[0].Name] = user
	}
	for _, request := range mock.Requests() {
		if owner, about := owners[request.Path]; about && request.User != owner {
			t.Errorf("%s %s of %s's cluster came from %q", request.Method, request.Path, owner, request.User)
		}
		if request.Header.Get("Cookie") != "" {
			t.Errorf("%s %s has a cookie", request.Method, request.Path)
		}
	}
}
