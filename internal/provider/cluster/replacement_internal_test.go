// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// object is a set of options or the members of a mapping.
type object = map[string]any

func TestDecide_comparesOptions(t *testing.T) {
	t.Parallel()
	two, later := json.Number("2"), values.Unknown{}
	withDefaults := recordedFacts{areSecretsKnown: true, defaults: object{"worker_cores": json.Number("1"), "image": nil}}
	imported := recordedFacts{defaults: object{"worker_cores": json.Number("1"), "environment": nil}}
	for name, test := range map[string]struct {
		want     desiredCluster
		have     currentCluster
		recorded recordedFacts
		expected decision
	}{
		"nothing set": {},
		"equal in value": {
			want:     desiredCluster{options: clusterOptions{values: object{"worker_cores": json.Number("2.0")}}},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: withDefaults,
		},
		"another value": {
			want:     desiredCluster{options: clusterOptions{values: object{"worker_cores": json.Number("3")}}},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{optionChanged, "worker_cores"}}},
		},
		"every difference": {
			want:     desiredCluster{options: clusterOptions{values: object{"gpu": true, "worker_memory": json.Number("3")}}},
			have:     currentCluster{options: object{"worker_cores": two, "image": "a:b"}, effective: object{"gpu": false, "worker_memory": two}},
			recorded: withDefaults,
			expected: decision{reasons: []reason{
				{optionChanged, "gpu"}, {optionChanged, "worker_memory"}, {optionRemoved, "image"}, {optionRemoved, "worker_cores"},
			}},
		},
		"newly set to what is in effect": {
			want:     desiredCluster{options: clusterOptions{values: object{"worker_memory": json.Number("8")}}},
			have:     currentCluster{effective: object{"worker_memory": json.Number("8.0")}},
			recorded: withDefaults,
		},
		"removed, was the default": {
			have:     currentCluster{options: object{"worker_memory": json.Number("8")}},
			recorded: withDefaults,
		},
		"removed, was not the default": {
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{optionRemoved, "worker_cores"}}},
		},
		"removed, default not recorded": {
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: recordedFacts{areSecretsKnown: true},
			expected: decision{uncompared: []string{"worker_cores"}},
		},
		"unknown value": {
			want:     desiredCluster{options: clusterOptions{values: object{"worker_cores": later}}},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{optionUnknown, "worker_cores"}}},
		},
		"unknown options": {
			want:     desiredCluster{options: clusterOptions{areNamesUnknown: true}},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{kind: optionUnknown}}},
		},
		"another options_wo_version": {
			want:     desiredCluster{secretsVersion: types.Int64Value(2)},
			have:     currentCluster{secretsVersion: types.Int64Value(1)},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{kind: secretsVersionChanged}}},
		},
		"unknown options_wo_version": {
			want:     desiredCluster{secretsVersion: types.Int64Unknown()},
			have:     currentCluster{secretsVersion: types.Int64Value(1)},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{kind: secretsVersionChanged}}},
		},
		"import, options_wo may have set more": {
			want:     desiredCluster{options: clusterOptions{values: object{"environment": object{"A": "1"}}}, secrets: someSecrets, secretsVersion: types.Int64Value(1)},
			have:     currentCluster{options: object{"environment": object{"A": "1", "URL": "x"}, "worker_cores": two}},
			recorded: imported,
			expected: decision{unmanaged: hiddenOptions{{"worker_cores"}, {"environment", "URL"}}},
		},
		"import, a configured member differs": {
			want:     desiredCluster{options: clusterOptions{values: object{"environment": object{"A": "2"}}}, secrets: someSecrets},
			have:     currentCluster{options: object{"environment": object{"A": "1", "URL": "x"}}},
			recorded: imported,
			expected: decision{reasons: []reason{{optionChanged, "environment"}}, unmanaged: hiddenOptions{{"environment", "URL"}}},
		},
		"import without options_wo": {
			want:     desiredCluster{options: clusterOptions{values: object{"environment": object{"A": "1"}}}},
			have:     currentCluster{options: object{"environment": object{"A": "1", "URL": "x"}}},
			recorded: imported,
			expected: decision{reasons: []reason{{optionChanged, "environment"}}},
		},
		"import, options_wo may be null": {
			want:     desiredCluster{secrets: unknownSecrets},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: imported,
			expected: decision{unmanaged: hiddenOptions{{"worker_cores"}}, needsSecrets: true},
		},
		"import, options_wo cannot be null": {
			want:     desiredCluster{secrets: unknownSecrets, secretsVersion: types.Int64Value(1)},
			have:     currentCluster{options: object{"worker_cores": two}},
			recorded: imported,
			expected: decision{unmanaged: hiddenOptions{{"worker_cores"}}},
		},
		"import that was not read": {
			want:     desiredCluster{options: clusterOptions{areNamesUnknown: true}},
			have:     currentCluster{status: "unread"},
			expected: decision{isUnread: true},
		},
		"ended": {
			have:     currentCluster{status: gateway.StatusStopped},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{kind: clusterEnded}}},
		},
		"ended and kept": {
			want:     desiredCluster{whenEnded: types.StringValue("keep")},
			have:     currentCluster{status: gateway.StatusFailed},
			recorded: withDefaults,
		},
		"ended and perhaps kept": {
			want:     desiredCluster{whenEnded: types.StringUnknown()},
			have:     currentCluster{status: gateway.StatusFailed},
			recorded: withDefaults,
			expected: decision{reasons: []reason{{kind: clusterEnded}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch test.have.status {
			case "":
				test.have.status = gateway.StatusRunning
			case "unread":
				test.have.status = ""
			}
			if got := decide(test.want, test.have, test.recorded); !reflect.DeepEqual(got, test.expected) {
				t.Errorf("decide = %+v, want %+v", got, test.expected)
			}
		})
	}
}
