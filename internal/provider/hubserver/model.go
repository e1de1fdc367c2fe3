// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
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
	Timeouts        timeouts.Value    `tfsdk:"timeouts"`
	URL             types.String      `tfsdk:"url"`
	Ready           types.Bool        `tfsdk:"ready"`
	StartedAt       timetypes.RFC3339 `tfsdk:"started_at"`
}

// resourceIdentity is what tells one server from every other.
type resourceIdentity struct {
	User types.String `tfsdk:"user"`
	Name types.String `tfsdk:"name"`
}

func (m *resourceModel) identity() resourceIdentity {
	return resourceIdentity{User: m.User, Name: m.Name}
}

// title names the server for people.
func (m *resourceModel) title() string {
	if m.Name.ValueString() == "" {
		return "default server of " + m.User.ValueString()
	}
	return "server " + m.Name.ValueString() + " of " + m.User.ValueString()
}

// titleOfStart also tells it from those that have its name at other times, or at
// other Hubs.
func (m *resourceModel) titleOfStart() string {
	if m.StartedAt.IsNull() {
		return m.title()
	}
	return m.title() + " that was started at " + m.StartedAt.ValueString()
}

// isAnother says that what a Hub tells is not the server of the state, which does
// not run there: there is none, or one that was started at another time. Of one
// that nobody has seen since its start it is not known when that was.
func (m *resourceModel) isAnother(server hub.Server, active bool) bool {
	return !active || !m.StartedAt.IsNull() && !values.TimeOrNull(server.Started).Equal(m.StartedAt)
}

// importID is what terraform import takes.
func (m *resourceModel) importID() string { return m.User.ValueString() + "/" + m.Name.ValueString() }

// recordBegun is the state from the moment in which the server may run.
func (m *resourceModel) recordBegun() {
	m.URL, m.Ready, m.StartedAt = types.StringNull(), types.BoolValue(false), timetypes.NewRFC3339Null()
}

// record takes over what the Hub says, but for the options.
func (m *resourceModel) record(server hub.Server, hubAddress string) {
	m.URL = types.StringValue(clients.HubURL(server.URL, hubAddress))
	m.Ready = types.BoolValue(server.Ready && server.Pending == "")
	m.StartedAt = values.TimeOrNull(server.Started)
	if m.RemoveOnDestroy.IsNull() || m.RemoveOnDestroy.IsUnknown() {
		m.RemoveOnDestroy = types.BoolValue(false)
	}
}

// parseServerID reads USER/SERVER; USER and USER/ are the default server.
func parseServerID(id string) (user, name string, err error) {
	user, name, _ = strings.Cut(id, "/")
	if !hub.ValidUserName(user) || !validServerName(name) {
		return "", "", fmt.Errorf("%q is not the id of a server", id)
	}
	return user, name, nil
}

// validServerName refuses what would be another path. Which names a Hub takes
// depends on its version.
func validServerName(name string) bool { return name == "" || hub.ValidUserName(name) }
