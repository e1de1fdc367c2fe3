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

// startedWithKey is where the options are kept that the Hub told of the server
// when user_options were those of the state. A spawner, or the hook before it, may
// have changed what it was sent; only another change since is drift.
const startedWithKey = "started_with"

// options are the user's, empty where there are none.
func (m *resourceModel) options() map[string]any {
	options, ok := values.ToGo(m.UserOptions).(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return options
}

// recordOptions takes over the options that the server runs with, unless they are
// the same in value, or those that the Hub made of what it was sent. Which these
// are is known of a server whose start nobody saw the end of when it is ready.
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
