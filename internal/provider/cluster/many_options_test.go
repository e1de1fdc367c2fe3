// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// A gateway declares so many choices or options that a list of all would be an error of
// megabytes.
func TestDaskCluster_diagnosticsAreBounded(t *testing.T) {
	t.Parallel()
	many := func(count int, begin, format, end string) string {
		var text strings.Builder
		text.WriteString(begin)
		for i := range count {
			if i > 0 {
				text.WriteString(",")
			}
			fmt.Fprintf(&text, format, i)
		}
		return text.String() + end
	}
	for name, options := range map[string]string{
		"choices":          many(19_000, `{"cluster_options": [{"field": "profile", "label": "x", "default": "a", "spec": {"type": "select", "options": [`, `"choice-number-%d"`, `]}}]}`),
		"options":          many(2_000, `{"cluster_options": [`, `{"field": "option_number_%d", "label": "x", "default": "a", "spec": {"type": "string"}}`, `]}`),
		"too many choices": many(150_000, `{"cluster_options": [{"field": "profile", "label": "x", "default": "a", "spec": {"type": "select", "options": [`, `"choice-number-%d"`, `]}}]}`),
		"too many options": many(40_000, `{"cluster_options": [`, `{"field": "option_number_%d", "label": "x", "default": "a", "spec": {"type": "string"}}`, `]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock), provider.WithRetryWait(1, 1))
			mock.FailNext(providertest.RespondAlways("*/options", http.StatusOK, options))
			for _, config := range []map[string]any{{"options": map[string]any{"profile": "other"}}, {"options_wo": map[string]any{"profile": "other"}}} {
				diagnostics := client.Plan(t, providertest.ClusterType, client.None(t), config).Diagnostics
				if len(diagnostics) == 0 {
					t.Error("the plan has no diagnostic")
				}
				for _, d := range diagnostics {
					if len(d.Summary)+len(d.Detail) > 8<<10 {
						t.Errorf("a diagnostic has %d bytes: %s", len(d.Detail), d.Summary)
					}
				}
			}
			_, diagnostics := client.ReadData(t, "pc_cluster_options", map[string]any{})
			for _, d := range diagnostics {
				if len(d.Detail) > 8<<10 {
					t.Errorf("a diagnostic has %d bytes: %s", len(d.Detail), d.Summary)
				}
			}
		})
	}
}
