// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func mustRefresh(t *testing.T, client *gateway.Client, name string) (gateway.Cluster, *gateway.Absence) {
	t.Helper()
	cluster, absence, err := client.Refresh(t.Context(), name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return cluster, absence
}

func TestRefresh_listsOnceForManyClusters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	const many = 50
	server.On(listRequest, otherClustersReply(many))
	server.On(getRequest, clusterReply("RUNNING"))
	mustRefresh(t, client, clusterName)
	for i := range many {
		listedName := fmt.Sprintf("prod.%032x", i+10)
		if got, absence := mustRefresh(t, client, listedName); absence != nil || got.Name != listedName || got.Status != gateway.StatusRunning {
			t.Errorf("%s: got %+v", listedName, got)
		}
	}
	server.Expect(t, getRequest, listRequest)
}

func TestRefresh_readsASingleClusterByName(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getRequest, clusterReply("RUNNING"))
	for range 3 {
		mustRefresh(t, client, clusterName)
	}
	server.Expect(t, getRequest, getRequest, getRequest)
}

func TestRefresh_readsUnlistedClustersByName(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On("GET /api/v1/clusters/"+candidateName(1), jsonReply(runningCluster(candidateName(1))))
	server.On(listRequest, listReply(runningCluster(otherClusterName)))
	server.On(getRequest, clusterReply("STOPPED"))
	mustRefresh(t, client, candidateName(1))
	if got, absence := mustRefresh(t, client, otherClusterName); absence != nil || got.Name != otherClusterName {
		t.Errorf("running cluster: %+v", got)
	}
	if _, absence := mustRefresh(t, client, clusterName); absence == nil {
		t.Error("the stopped cluster counts as running")
	}
	server.Expect(t, "GET /api/v1/clusters/"+candidateName(1), listRequest, getRequest)
}

func TestRefresh_bypassesTheListingAfterAChange(t *testing.T) {
	t.Parallel()
	scale := "POST /api/v1/clusters/" + clusterName + "/scale"
	for label, change := range map[string]func(*testing.T, *gateway.Client) error{
		createRequest: func(t *testing.T, c *gateway.Client) error { _, err := c.Create(t.Context(), nil); return err },
		scale: func(t *testing.T, c *gateway.Client) error {
			_, err := c.Scale(t.Context(), clusterName, 1)
			return err
		},
		stopRequest: func(t *testing.T, c *gateway.Client) error { return c.StopCluster(t.Context(), clusterName) },
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(createRequest, jsonReply(fmt.Sprintf(`{"name": %q}`, clusterName)))
			server.On(scale, jsonReply(`{"ok": true, "msg": null}`))
			server.On(stopRequest, noContentReply)
			server.On("GET /api/v1/clusters/"+candidateName(1), jsonReply(runningCluster(candidateName(1))))
			server.On(listRequest, listReply(runningCluster(otherClusterName), runningCluster(clusterName)))
			server.On(getRequest, clusterReply("STOPPING"))
			mustRefresh(t, client, candidateName(1))
			mustRefresh(t, client, otherClusterName)
			if err := change(t, client); err != nil {
				t.Fatal(err)
			}
			if got, _ := mustRefresh(t, client, clusterName); got.Status != gateway.StatusStopping {
				t.Errorf("got %+v", got)
			}
			server.Expect(t, slices.Concat([]string{"GET /api/v1/clusters/" + candidateName(1), listRequest}, []string{label, getRequest})...)
		})
	}
}
