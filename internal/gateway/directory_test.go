// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func refresh(t *testing.T, client *gateway.Client, name string) (gateway.Cluster, *gateway.Absence) {
	t.Helper()
	cluster, absence, err := client.Refresh(t.Context(), name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return cluster, absence
}

func TestRefresh_manyCostOneListing(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	const many = 50
	server.On(list, listOf(many))
	server.On(get, is("RUNNING"))
	refresh(t, client, name)
	for i := range many {
		called := fmt.Sprintf("prod.%032x", i+10)
		if got, absence := refresh(t, client, called); absence != nil || got.Name != called || got.Status != gateway.StatusRunning {
			t.Errorf("%s: got %+v", called, got)
		}
	}
	server.Expect(t, get, list)
}

func TestRefresh_oneClusterIsReadByItself(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, is("RUNNING"))
	for range 3 {
		refresh(t, client, name)
	}
	server.Expect(t, get, get, get)
}

func TestRefresh_asksByNameForWhatTheListLacks(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On("GET /api/v1/clusters/"+candidate(1), ok(running(candidate(1))))
	server.On(list, listing(running(other)))
	server.On(get, is("STOPPED"))
	refresh(t, client, candidate(1))
	if got, absence := refresh(t, client, other); absence != nil || got.Name != other {
		t.Errorf("the running one: %+v", got)
	}
	if _, absence := refresh(t, client, name); absence == nil {
		t.Error("the stopped one runs")
	}
	server.Expect(t, "GET /api/v1/clusters/"+candidate(1), list, get)
}

func TestRefresh_readsAfreshWhatWasChanged(t *testing.T) {
	t.Parallel()
	scale := "POST /api/v1/clusters/" + name + "/scale"
	for label, change := range map[string]func(*testing.T, *gateway.Client) error{
		create: func(t *testing.T, c *gateway.Client) error { _, err := c.Create(t.Context(), nil); return err },
		scale:  func(t *testing.T, c *gateway.Client) error { _, err := c.Scale(t.Context(), name, 1); return err },
		stop:   func(t *testing.T, c *gateway.Client) error { return c.StopCluster(t.Context(), name) },
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(create, ok(fmt.Sprintf(`{"name": %q}`, name)))
			server.On(scale, ok(`{"ok": true, "msg": null}`))
			server.On(stop, noContent)
			server.On("GET /api/v1/clusters/"+candidate(1), ok(running(candidate(1))))
			server.On(list, listing(running(other), running(name)))
			server.On(get, is("STOPPING"))
			refresh(t, client, candidate(1))
			refresh(t, client, other)
			if err := change(t, client); err != nil {
				t.Fatal(err)
			}
			if got, _ := refresh(t, client, name); got.Status != gateway.StatusStopping {
				t.Errorf("got %+v", got)
			}
			server.Expect(t, slices.Concat([]string{"GET /api/v1/clusters/" + candidate(1), list}, []string{label, get})...)
		})
	}
}
