// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

const (
	// hiddenKey is the private state's key of the write-only options: the gateway
	// reports all options of a cluster, and the state must not contain these.
	hiddenKey = "options_wo"
	// defaultsKey is the private state's key of recordedFacts.defaults.
	defaultsKey = "defaults"
)

// readRecordedFacts reads what create, import and update stored for planning. State
// files of older versions have no defaults.
func readRecordedFacts(ctx context.Context, private clients.PrivateReader, diags *diag.Diagnostics) recordedFacts {
	var recorded recordedFacts
	recorded.areSecretsKnown = readRecord(ctx, private, hiddenKey, &recorded.hidden, diags)
	readRecord(ctx, private, defaultsKey, &recorded.defaults, diags)
	return recorded
}

// readRecord reports whether the private state has the key.
func readRecord(ctx context.Context, private clients.PrivateReader, key string, record any, diags *diag.Diagnostics) bool {
	text, keyDiags := private.GetKey(ctx, key)
	diags.Append(keyDiags...)
	if len(text) == 0 {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(record); err != nil {
		diags.AddError("The private state of the cluster is damaged",
			"The private state has an unreadable value for "+key+". Remove the cluster from the state and import it again.")
	}
	return true
}

func storeHidden(ctx context.Context, private clients.PrivateWriter, hidden hiddenOptions) diag.Diagnostics {
	return private.SetKey(ctx, hiddenKey, []byte(values.JSON(hidden)))
}

// storeDefaults records the defaults that the gateway declares now. Without them,
// options that the configuration stops setting are not compared.
func storeDefaults(ctx context.Context, declared []gateway.Option, running map[string]any, private clients.PrivateWriter) diag.Diagnostics {
	return private.SetKey(ctx, defaultsKey, []byte(values.JSON(differingDefaults(running, declared))))
}

// adopt hides the options of an imported cluster that the first configuration sets
// in options_wo, or does not set beside an options_wo.
func (f *recordedFacts) adopt(secrets secretOptions, d decision) {
	if f.areSecretsKnown {
		return
	}
	f.areSecretsKnown = true
	if secrets.isSet {
		f.hidden = secrets.hidden().union(d.unmanaged)
	}
}

// differingDefaults returns the declared default of each option that has another value
// in the running cluster. The values of free texts and mappings are nil, because no
// diagnostic may print them.
func differingDefaults(running map[string]any, declared []gateway.Option) map[string]any {
	differing := map[string]any{}
	for _, option := range declared {
		value, exists := running[option.Field]
		if !exists || gateway.IsSameValue(option.Default, value) {
			continue
		}
		differing[option.Field] = nil
		if option.IsPrintable() {
			differing[option.Field] = option.Default
		}
	}
	return differing
}
