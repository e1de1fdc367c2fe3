// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func lastHeard(message string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf("The last that the Hub said is: %q. ", message)
}

// spawnAdvice is why a start failed, what was said on the way, and what to do.
func spawnAdvice(failed *hub.SpawnError) string {
	text := diagnostics.Sentence(failed.Error())
	if failed.Reason == "" {
		text = diagnostics.Sentence(failed.Error() + ", and the Hub does not say why")
	}
	if len(failed.Messages) > 0 {
		text += "\n\nWhile it was starting, the Hub reported:\n  - " + strings.Join(failed.Messages, "\n  - ")
	}
	return text + "\n\nNo server is left. Change user_options if they are the reason; else the Hub's log, or that of its spawner, has more."
}

// addLaunchError reports a server that was not started.
func addLaunchError(diags *diag.Diagnostics, model resourceModel, err error) {
	if active, ok := errors.AsType[*hub.ActiveError](err); ok {
		diags.AddAttributeError(path.Root("name"), "There is such a server already", diagnostics.Sentence(active.Error())+
			fmt.Sprintf("\n\nIf this resource has create_before_destroy, remove it: a user has one server of a name, so the old one must stop before the new one starts."+
				"\n\nTo manage a server that was started elsewhere:\n\n  terraform import ADDRESS_OF_THIS_RESOURCE %s\n\nOtherwise stop it on the Hub's page /hub/home, or give this one another name.", model.importID()))
		return
	}
	if failed, ok := errors.AsType[*hub.SpawnError](err); ok {
		diags.AddError("The "+model.title()+" did not start", spawnAdvice(failed))
		return
	}
	if errors.Is(err, hub.ErrServersHidden) || hub.IsUserNotFound(err) {
		diags.AddAttributeError(path.Root("user"), "The Hub does not show the servers of "+model.User.ValueString(),
			diagnostics.Sentence(err.Error())+"\n\nEither there is no such user, or the provider's token lacks a scope: it needs read:users and servers, for this user or for all.")
		return
	}
	if refused, ok := errors.AsType[*transport.Error](err); ok && refused.JSONError {
		if advice := refusedStartAdvice(refused); advice != "" {
			diags.AddError("The "+model.title()+" was not started", diagnostics.Sentence(err.Error())+"\n\n"+advice)
			return
		}
	}
	diagnostics.AddError(diags, "The "+model.title()+" was not started", err)
}

// addUnconfirmedStartWarning reports a server that the Hub lists after the response
// to its start was lost.
func addUnconfirmedStartWarning(diags *diag.Diagnostics, model resourceModel) {
	diags.AddAttributeWarning(path.Root("name"), "The start of the "+model.title()+" is not confirmed",
		"The Hub's response to the start was lost. The Hub listed no such server before the request, and lists one now, so most likely this apply started it. "+
			"Another client of the same user may have started it in the meantime, with other options. It is in the state, and terraform destroy stops it.\n\n"+
			"If it is not yours, remove it from the state: terraform state rm ADDRESS_OF_THIS_RESOURCE")
}

// refusedStartAdvice advises on a start that the Hub rejected, or returns "".
func refusedStartAdvice(refused *transport.Error) string {
	switch {
	case refused.Status == http.StatusBadRequest && strings.Contains(refused.RawMessage(), "already has the maximum of"):
		return "Servers that have been stopped count as well, those of earlier runs among them, until they are deleted: on the Hub's page /hub/home, or by a destroy with remove_on_destroy = true."
	case refused.Status == http.StatusConflict:
		return "This is what the Hub's spawner says, or the hook before it. Change user_options if they are the reason; else ask who runs the Hub."
	default:
		return ""
	}
}
