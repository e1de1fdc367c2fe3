// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// twin puts an example of the manual's into the story's workspace, with the
// addresses of the real servers in place of the example's.
func (s *story) twin(name string) {
	s.t.Helper()
	files, err := filepath.Glob("../../../examples/manual/" + name + "/*.tf")
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no example %s: %v", name, err)
	}
	s.Remove("provider.tf")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.t.Fatal(err)
		}
		s.Write(filepath.Base(file), string(text))
	}
	s.Write("override.tf", fmt.Sprintf("provider \"pc\" {\n  address = %q\n  proxy_address = %q\n}\n", s.stack.GatewayURL, s.stack.ProxyAddress))
}

// TestManual_hub is the twin of GatewayCluster() with adapt, where the
// environment has what both need.
func TestManual_hub(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.twin("hub")
	s.Remove("override.tf")
	s.Apply()
	sum := s.python(`
import os
from dask_gateway import GatewayCluster
import dask.array as da
cluster = GatewayCluster.from_name(os.environ["CLUSTER"], shutdown_on_close=False)
client = cluster.get_client()
print(int(da.arange(1000, chunks=100).sum().compute()))
client.close()
cluster.close()
`, fmt.Sprintf("CLUSTER=%v", s.Outputs()["cluster"]))
	if sum != "499500" {
		t.Errorf("Python computed %s", sum)
	}
	s.Destroy()
}

// TestManual_gateway are the twins of Gateway(...).list_clusters() and of
// new_cluster() with adapt.
func TestManual_gateway(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.twin("new-cluster")
	s.Apply()
	made := fmt.Sprint(s.Outputs()["cluster"])
	if got := s.python(compute, "CLUSTER="+made, "WORKERS=1"); got[:12] != "499999500000" {
		t.Errorf("Python computed %s", got)
	}

	lister := beginOn(t, s.stack)
	lister.Setenv("PC_API_TOKEN=" + s.token)
	lister.twin("list-clusters")
	lister.Apply()
	if got := fmt.Sprint(lister.Outputs()["clusters"]); got != "["+made+"]" {
		t.Errorf("the data source lists %s, want %s", got, made)
	}

	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}
