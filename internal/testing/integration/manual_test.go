// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// writeExample writes an example of the manual into the workspace, with the
// addresses of the real servers.
func (s *story) writeExample(name string) {
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

// The example replaces GatewayCluster() with adapt. Both read their settings from
// the environment.
func TestManual_hub(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.writeExample("hub")
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

// The examples replace Gateway(...).list_clusters() and new_cluster() with adapt.
func TestManual_gateway(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.writeExample("new-cluster")
	s.Apply()
	created := fmt.Sprint(s.Outputs()["cluster"])
	if got := s.python(computeScript, "CLUSTER="+created, "WORKERS=1"); got[:12] != "499999500000" {
		t.Errorf("Python computed %s", got)
	}

	lister := newStoryOn(t, s.stack)
	lister.Setenv("PC_API_TOKEN=" + s.token)
	lister.writeExample("list-clusters")
	lister.Apply()
	if got := fmt.Sprint(lister.Outputs()["clusters"]); got != "["+created+"]" {
		t.Errorf("the data source lists %s, want %s", got, created)
	}

	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// The guide "Moving a Python script" replaces a script's new_cluster, adapt and
// shutdown. The script of its third step computes on the cluster as printed, but for
// the addresses.
func TestManual_movedScript(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../templates/guides/moving-a-python-script.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	s := newStory(t)
	addresses := strings.NewReplacer("https://hub.example.com/services/dask-gateway/", s.stack.GatewayURL, "gateway://dask.example.com:8786", s.stack.ProxyAddress)
	configurations, scripts := fencedBlocks(string(page), "terraform"), fencedBlocks(string(page), "python")
	if len(configurations) != 2 || len(scripts) != 2 {
		t.Fatalf("the guide has %d configurations and %d scripts", len(configurations), len(scripts))
	}
	s.Remove("versions.tf")
	s.Write("provider.tf", addresses.Replace(configurations[0]))
	s.Write("cluster.tf", configurations[1])
	s.Apply()
	// Python runs in another folder, without terraform on its path.
	connect := strings.Replace(addresses.Replace(scripts[1]), `subprocess.check_output(["terraform", "output", "-raw", "cluster"], text=True)`, fmt.Sprintf("%q", s.Outputs()["cluster"]), 1)
	if mean, err := strconv.ParseFloat(s.python(connect, "JUPYTERHUB_API_TOKEN="+s.token), 64); err != nil || mean < 0.49 || mean > 0.51 {
		t.Errorf("Python computed %v: %v", mean, err)
	}
	if left := s.clusters(); left == "" {
		t.Error("the cluster has ended with the script")
	}
	s.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// fencedBlocks returns the blocks of a page in the language.
func fencedBlocks(page, language string) []string {
	var found []string
	for _, match := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		found = append(found, match[1])
	}
	return found
}
