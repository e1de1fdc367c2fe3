// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

// The values of status. The Hub does not list stopped servers among the active ones (jupyterhub/apihandlers/users.py, 6.1.1).
const (
	statusReady    = "ready"
	statusStarting = "starting"
	statusStopping = "stopping"
	statusStopped  = "stopped"
)

// mustReplace decides whether the plan replaces the server. It reads only its
// arguments, so that Terraform's second plan during the apply decides like
// the first. Options that are known only after apply may differ from those of the
// server, so they are planned as a replacement. The options of a server that was
// imported and not read are compared in the update.
func mustReplace(plan, state resourceModel) bool {
	if state.isUnread() {
		return false
	}
	planned := values.ToGo(plan.UserOptions)
	if _, isUnknown := planned.(values.Unknown); isUnknown {
		return true
	}
	return !gateway.IsSameValue(plan.options(), state.options()) || state.hasEnded() && !whenended.Keeps(plan.WhenEnded)
}

// hasEnded reports whether the refresh found the server stopped and kept it in
// the state, which it does with when_ended = "keep".
func (m *resourceModel) hasEnded() bool {
	status := m.Status.ValueString()
	return status == statusStopping || status == statusStopped
}
