// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// newFuzzedGateway starts a gateway that returns the fuzzed response to every
// request.
func newFuzzedGateway(f *testing.F) (set func([]byte), newClient func() *gateway.Client) {
	f.Helper()
	server := scripted.NewFuzzed(f, pathPrefix, "application/json; charset=utf-8")
	sender, err := transport.New(transport.Config{BaseURL: server.Base, BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	return server.Set, func() *gateway.Client { return gateway.New(gateway.Config{Transport: sender}) }
}

func FuzzDecodeCluster(f *testing.F) {
	for _, status := range []string{"PENDING", "RUNNING", "STOPPED"} {
		f.Add([]byte(clusterJSON(clusterName, status, startTime, defaultOptions("1.0"))))
	}
	f.Add([]byte(clusterJSON(clusterName, "FAILED", startTime, `{"x": NaN}`)))
	f.Add([]byte(`{"name": "` + clusterName + `", "start_time": 1e99}`))
	f.Add([]byte(`null`))
	set, newClient := newFuzzedGateway(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, response []byte) {
		set(response)
		cluster, err := client.GetCluster(context.Background(), clusterName)
		if err == nil && cluster.Name != clusterName {
			t.Fatalf("decoded the cluster %q as %q", cluster.Name, clusterName)
		}
		expectNoKey(t, cluster, err)
		// Decode the same cluster as a member of a list.
		set(fmt.Appendf(nil, "{%q: %s}", clusterName, response))
		clusters, err := client.ListClusters(context.Background())
		expectNoKey(t, clusters, err)
		for listedName, cluster := range clusters {
			if listedName != cluster.Name {
				t.Fatalf("listed the cluster %q as %q", cluster.Name, listedName)
			}
		}
	})
}

// expectNoKey fails the test if a result contains a TLS key.
func expectNoKey(t *testing.T, value any, err error) {
	t.Helper()
	if text := fmt.Sprintf("%+v %v", value, err); strings.Contains(text, "MIIE") && strings.Contains(text, "BEGIN PRIVATE KEY") {
		t.Fatalf("the result contains a key: %s", text)
	}
}

func FuzzDecodeOptions(f *testing.F) {
	f.Add([]byte(optionsReply.Body))
	f.Add([]byte(`{"cluster_options": [{"field": "x", "default": NaN, "spec": {"type": "float", "max": Infinity}}]}`))
	f.Add([]byte(`{"cluster_options": []}`))
	set, newClient := newFuzzedGateway(f)
	f.Fuzz(func(t *testing.T, response []byte) {
		set(response)
		declared, err := newClient().Options(context.Background())
		if err != nil {
			return
		}
		for _, option := range declared {
			for _, value := range []any{option.Default, "", 1, true, nil, map[string]any{}} {
				if option.Check(value) != nil {
					_, _ = fmt.Fprint(io.Discard, option.Check(value).Error())
				}
			}
			if !gateway.IsSameValue(option.Default, option.Default) {
				t.Fatalf("the default %#v is not the same as itself", option.Default)
			}
		}
	})
}
