// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

const dataSources = `
resource "pc_dask_cluster" "test" {
  options          = { worker_cores = 0.5, worker_memory = 1 }
  workers          = 2
  wait_for_workers = 2
}
data "pc_gateway" "this" {}
data "pc_cluster_options" "this" {}
data "pc_dask_cluster" "test" {
  name = pc_dask_cluster.test.name
}
data "pc_hub_user" "me" {}
data "pc_hub_user" "by_name" {
  name = data.pc_hub_user.me.name
}
output "name" { value = pc_dask_cluster.test.name }
output "seen" {
  value = {
    requirement = data.pc_gateway.this.client_requirement
    address     = data.pc_gateway.this.address
    proxy       = data.pc_gateway.this.proxy_address
    healthy     = data.pc_gateway.this.healthy
    options     = data.pc_cluster_options.this.names
    defaults    = data.pc_cluster_options.this.defaults
    workers     = data.pc_dask_cluster.test.workers
    threads     = data.pc_dask_cluster.test.threads
    memory      = data.pc_dask_cluster.test.memory
    dashboard   = data.pc_dask_cluster.test.dashboard_link
    user        = data.pc_hub_user.me.name
    admin       = data.pc_hub_user.by_name.admin
    roles       = data.pc_hub_user.me.roles
    groups      = data.pc_hub_user.by_name.groups
    scopes      = data.pc_hub_user.me.scopes
    server      = data.pc_hub_user.me.servers[""].url
    ready       = data.pc_hub_user.by_name.servers[""].ready
    profile     = jsondecode(data.pc_hub_user.me.servers[""].user_options).profile
  }
}
`

// pythonViewScript prints what Python's clients return for the same objects.
const pythonViewScript = hubScript + `
import dask_gateway
from dask_gateway import Gateway
me = hub("GET", "/user")
with Gateway() as gateway:
    options = gateway.cluster_options()
    cluster = gateway.connect(os.environ["CLUSTER"])
    client = cluster.get_client()
    client.wait_for_workers(2, timeout=90)
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    print(json.dumps({
        "requirement": "dask-gateway==" + dask_gateway.__version__, "address": gateway.address, "proxy": gateway.proxy_address, "healthy": True,
        "options": list(options), "defaults": dict(options),
        "workers": len(workers), "threads": sum(w["nthreads"] for w in workers), "memory": sum(w["memory_limit"] for w in workers),
        "dashboard": cluster.dashboard_link,
        "user": me["name"], "admin": me["admin"], "roles": sorted(me["roles"]), "groups": me["groups"], "scopes": sorted(me["scopes"]),
        "server": os.environ["JUPYTERHUB_API_URL"].removesuffix("/hub/api") + me["servers"][""]["url"],
        "ready": me["servers"][""]["ready"], "profile": me["servers"][""]["user_options"]["profile"],
    }))
`

// startServerScript starts the user's own notebook server and waits for it.
const startServerScript = hubScript + `
import time
own = "/users/" + os.environ["JUPYTERHUB_USER"]
hub("POST", own + "/server", {"profile": "small"})
while not hub("GET", own)["servers"].get("", {}).get("ready"):
    time.sleep(0.2)
`

const stopServerScript = hubScript + `hub("DELETE", "/users/" + os.environ["JUPYTERHUB_USER"] + "/server")`

// Every attribute of the data sources is compared with the result of Python's
// clients.
func TestDataSources_matchPython(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.python(startServerScript)
	s.Write("main.tf", dataSources)
	s.Apply()
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	created := s.Outputs()
	var want map[string]any
	if err := json.Unmarshal([]byte(s.python(pythonViewScript, fmt.Sprintf("CLUSTER=%v", created["name"]))), &want); err != nil {
		t.Fatal(err)
	}
	got, ok := created["seen"].(map[string]any)
	if !ok || len(got) != len(want) {
		t.Fatalf("got %v, want %v", created["seen"], want)
	}
	for attribute, value := range want {
		if !reflect.DeepEqual(got[attribute], value) {
			t.Errorf("%s is %v, in Python %v", attribute, got[attribute], value)
		}
	}
	s.Destroy()
	s.python(stopServerScript)
}
