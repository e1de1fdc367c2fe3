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

// options returns the configured options, or an empty map.
func (m *resourceModel) options() map[string]any {
	options, ok := values.ToGo(m.UserOptions).(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return options
}

// recordOptions sets user_options to the options that the server runs with. It changes
// nothing if they are equal in value, or if the Hub derived them from the configured
// options. If the provider did not wait until the server was ready, the derived options are
// those at the first refresh that finds it ready.
func (m *resourceModel) recordOptions(ctx context.Context, server hub.Server, wasStarting bool, stored clients.PrivateReader, private clients.PrivateWriter) diag.Diagnostics {
	found := startedWith(server.UserOptions)
	text, diags := stored.GetKey(ctx, startedWithKey)
	if diags.HasError() || gateway.IsSameValue(storedOptions(text), found) {
		return diags
	}
	isFirst := wasStarting && len(text) == 0
	if isFirst && !m.Ready.ValueBool() {
		return diags
	}
	if !isFirst && !gateway.IsSameValue(m.options(), found) {
		options, problems := values.ForConfiguration(ctx, found)
		diags.Append(problems...)
		m.UserOptions = options
	}
	diags.Append(storeOptions(ctx, server, private)...)
	return diags
}

func storeOptions(ctx context.Context, server hub.Server, private clients.PrivateWriter) diag.Diagnostics {
	return private.SetKey(ctx, startedWithKey, []byte(values.JSON(startedWith(server.UserOptions))))
}

// storedOptions returns nil if no options are stored.
func storedOptions(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var options any
	if decoder.Decode(&options) != nil {
		return nil
	}
	return options
}

// startedWith returns the options of a server.
func startedWith(options any) map[string]any {
	found, ok := options.(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return found
}

// validateServerOptions reports options that are not an object.
func validateServerOptions(options types.Dynamic, diags *diag.Diagnostics) {
	if options.IsNull() || options.IsUnknown() || options.IsUnderlyingValueNull() || options.IsUnderlyingValueUnknown() {
		return
	}
	switch options.UnderlyingValue().(type) {
	case types.Object, types.Map:
	default:
		diags.AddAttributeError(path.Root("user_options"), "Server options must be an object",
			"Set the spawner's options by name, for example user_options = { profile = \"large\" }, or remove the argument.")
	}
}
