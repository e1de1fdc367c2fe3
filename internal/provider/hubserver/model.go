// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// resourceModel is pc_hub_server in configuration, plan and state.
type resourceModel struct {
	User            types.String      `tfsdk:"user"`
	Name            types.String      `tfsdk:"name"`
	UserOptions     types.Dynamic     `tfsdk:"user_options"`
	RemoveOnDestroy types.Bool        `tfsdk:"remove_on_destroy"`
	WhenEnded       types.String      `tfsdk:"when_ended"`
	Timeouts        timeouts.Value    `tfsdk:"timeouts"`
	URL             types.String      `tfsdk:"url"`
	Ready           types.Bool        `tfsdk:"ready"`
	Status          types.String      `tfsdk:"status"`
	StartedAt       timetypes.RFC3339 `tfsdk:"started_at"`
}

// resourceIdentity identifies a server.
type resourceIdentity struct {
	User types.String `tfsdk:"user"`
	Name types.String `tfsdk:"name"`
}

func (m *resourceModel) identity() resourceIdentity {
	return resourceIdentity{User: m.User, Name: m.Name}
}

// title names the server in diagnostics.
func (m *resourceModel) title() string {
	if m.Name.ValueString() == "" {
		return "default server of " + m.User.ValueString()
	}
	return "server " + m.Name.ValueString() + " of " + m.User.ValueString()
}

// titleOfStart adds the start time, because a server of the same name may run at
// another time or on another Hub.
func (m *resourceModel) titleOfStart() string {
	if m.StartedAt.IsNull() {
		return m.title()
	}
	return m.title() + " that was started at " + m.StartedAt.ValueString()
}

// isAnother reports whether the server on this Hub differs from the one in the state:
// none of this name is active, or one with another start time. The start time is null until a
// refresh or a wait has read the server.
func (m *resourceModel) isAnother(server hub.Server, active bool) bool {
	return !active || !m.StartedAt.IsNull() && !values.TimeOrNull(server.Started).Equal(m.StartedAt)
}

// isUnread reports whether the server was imported and not read yet, because the
// provider was not configured.
func (m *resourceModel) isUnread() bool { return m.Ready.IsNull() }

// importID is the ID for terraform import.
func (m *resourceModel) importID() string { return m.User.ValueString() + "/" + m.Name.ValueString() }

// recordStart sets the attributes of a server that may be running.
func (m *resourceModel) recordStart() {
	m.URL, m.Ready, m.StartedAt = types.StringNull(), types.BoolValue(false), timetypes.NewRFC3339Null()
	m.Status = types.StringValue(statusStarting)
}

// record sets the attributes that the Hub reports, except for the options.
func (m *resourceModel) record(server hub.Server, hubAddress string) {
	m.URL = types.StringValue(clients.HubURL(server.URL, hubAddress))
	isReady := server.IsReady && server.Pending == ""
	m.Ready, m.Status = types.BoolValue(isReady), types.StringValue(statusStarting)
	if isReady {
		m.Status = types.StringValue(statusReady)
	}
	m.StartedAt = values.TimeOrNull(server.Started)
	if m.RemoveOnDestroy.IsNull() || m.RemoveOnDestroy.IsUnknown() {
		m.RemoveOnDestroy = types.BoolValue(false)
	}
}

// recordEnd records that the server has ended. Its address, options and start time
// stay, so that nothing is planned.
func (m *resourceModel) recordEnd(isStopping bool) {
	m.Ready, m.Status = types.BoolValue(false), types.StringValue(statusStopped)
	if isStopping {
		m.Status = types.StringValue(statusStopping)
	}
}

// markComputedUnknown plans the values of a server that is not ready yet.
func (m *resourceModel) markComputedUnknown() {
	m.URL, m.Ready, m.StartedAt = types.StringUnknown(), types.BoolUnknown(), timetypes.NewRFC3339Unknown()
	m.Status = types.StringUnknown()
}

// keepComputed plans the values in the state.
func (m *resourceModel) keepComputed(state resourceModel) {
	m.URL, m.Ready, m.StartedAt, m.Status = state.URL, state.Ready, state.StartedAt, state.Status
}

// parseServerID reads USER/SERVER; USER and USER/ are the default server.
func parseServerID(id string) (user, name string, err error) {
	user, name, _ = strings.Cut(id, "/")
	if !hub.IsValidUserName(user) || !isValidServerName(name) {
		return "", "", fmt.Errorf("%q is not the ID of a server", id)
	}
	return user, name, nil
}

// isValidServerName rejects names that would change the path of a URL. Which other names
// a Hub accepts depends on its version.
func isValidServerName(name string) bool { return name == "" || hub.IsValidUserName(name) }

// validateNames checks the names before they become part of a URL.
func validateNames(user, name types.String, diags *diag.Diagnostics) {
	if values.IsKnown(user) && !hub.IsValidUserName(user.ValueString()) {
		diags.AddAttributeError(path.Root("user"), "Invalid value for \"user\"",
			fmt.Sprintf("%q is not the name of a user. A name is not empty and has no slashes and control characters. Remove user for the owner of the provider's token.", user.ValueString()))
	}
	if values.IsKnown(name) && !isValidServerName(name.ValueString()) {
		diags.AddAttributeError(path.Root("name"), "Invalid value for \"name\"",
			fmt.Sprintf("%q is not the name of a server. A name begins with a lower-case letter, and has lower-case letters, digits and single hyphens. Remove name for the default server.", name.ValueString()))
	}
}
