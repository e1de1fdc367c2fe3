// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// startedWithKey is the private state's key of the options that the Hub reported
// when the server was started with the user_options of the state. A spawner, or a
// hook before it, may have changed them. Only a later change is drift.
const startedWithKey = "started_with"

// options are the user's, empty where there are none.
func (m *resourceModel) options() map[string]any {
	options, ok := values.ToGo(m.UserOptions).(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return options
}

// recordOptions stores the options that the server runs with, unless they are equal
// in value, or are what the Hub made of the options that it received. For a server
// whose start the provider did not see through, these are the options that it has
// once it is ready.
func (m *resourceModel) recordOptions(ctx context.Context, server hub.Server, begun bool, kept clients.PrivateReader, keeper clients.PrivateWriter) diag.Diagnostics {
	found := startedWith(server.UserOptions)
	text, diags := kept.GetKey(ctx, startedWithKey)
	if diags.HasError() || gateway.SameValue(keptOptions(text), found) {
		return diags
	}
	begun = begun && len(text) == 0
	if begun && !m.Ready.ValueBool() {
		return diags
	}
	if !begun && !gateway.SameValue(m.options(), found) {
		options, problems := values.FromObject(ctx, found)
		diags.Append(problems...)
		m.UserOptions = options
	}
	diags.Append(keepOptions(ctx, server, keeper)...)
	return diags
}

func keepOptions(ctx context.Context, server hub.Server, keeper clients.PrivateWriter) diag.Diagnostics {
	return keeper.SetKey(ctx, startedWithKey, []byte(values.JSON(startedWith(server.UserOptions))))
}

// keptOptions are nil where none were kept.
func keptOptions(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var options any
	if decoder.Decode(&options) != nil {
		return nil
	}
	return options
}

// startedWith are the options of a server.
func startedWith(options any) map[string]any {
	found, ok := options.(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return found
}

// validateServerOptions wants an object.
func validateServerOptions(options types.Dynamic, diags *diag.Diagnostics) {
	if options.IsNull() || options.IsUnknown() || options.IsUnderlyingValueNull() || options.IsUnderlyingValueUnknown() {
		return
	}
	switch options.UnderlyingValue().(type) {
	case types.Object, types.Map:
	default:
		diags.AddAttributeError(path.Root("user_options"), "The options of the server must be an object",
			"Write what the spawner knows by name, for example { profile = \"large\" }, or leave them out.")
	}
}
