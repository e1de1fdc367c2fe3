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

// answering is a gateway that gives the fuzzed answer to every request.
func answering(f *testing.F) (set func([]byte), newClient func() *gateway.Client) {
	f.Helper()
	server := scripted.NewFuzzed(f, prefix, "application/json; charset=utf-8")
	sender, err := transport.New(transport.Config{BaseURL: server.Base, NoProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	return server.Set, func() *gateway.Client { return gateway.New(gateway.Config{Transport: sender}) }
}

func FuzzDecodeCluster(f *testing.F) {
	for _, status := range []string{"PENDING", "RUNNING", "STOPPED"} {
		f.Add([]byte(clusterJSON(name, status, start, defaults("1.0"))))
	}
	f.Add([]byte(clusterJSON(name, "FAILED", start, `{"x": NaN}`)))
	f.Add([]byte(`{"name": "` + name + `", "start_time": 1e99}`))
	f.Add([]byte(`null`))
	set, newClient := answering(f)
	client := newClient()
	f.Fuzz(func(t *testing.T, answer []byte) {
		set(answer)
		cluster, err := client.GetCluster(context.Background(), name)
		if err == nil && cluster.Name != name {
			t.Fatalf("took the cluster %q for %q", cluster.Name, name)
		}
		keepsSecrets(t, cluster, err)
		// The same as a member of a list.
		set(fmt.Appendf(nil, "{%q: %s}", name, answer))
		clusters, err := client.ListClusters(context.Background())
		keepsSecrets(t, clusters, err)
		for called, cluster := range clusters {
			if called != cluster.Name {
				t.Fatalf("listed the cluster %q as %q", cluster.Name, called)
			}
		}
	})
}

// keepsSecrets fails if a TLS key got out of an answer that is a cluster.
func keepsSecrets(t *testing.T, value any, err error) {
	t.Helper()
	if text := fmt.Sprintf("%+v %v", value, err); strings.Contains(text, "MIIE") && strings.Contains(text, "BEGIN PRIVATE KEY") {
		t.Fatalf("a key got out: %s", text)
	}
}

func FuzzDecodeOptions(f *testing.F) {
	f.Add([]byte(declared.Body))
	f.Add([]byte(`{"cluster_options": [{"field": "x", "default": NaN, "spec": {"type": "float", "max": Infinity}}]}`))
	f.Add([]byte(`{"cluster_options": []}`))
	set, newClient := answering(f)
	f.Fuzz(func(t *testing.T, answer []byte) {
		set(answer)
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
			if !gateway.SameValue(option.Default, option.Default) {
				t.Fatalf("the default %#v is not the same as itself", option.Default)
			}
		}
	})
}
