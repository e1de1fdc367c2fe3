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
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func describeLastMessage(message string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf("The last message of the Hub is: %q. ", message)
}

// spawnAdvice returns why a start failed, the messages of the Hub, and what to do.
func spawnAdvice(failed *hub.SpawnError) string {
	text := diagnostics.Sentence(failed.Error())
	if failed.Reason == "" {
		text = diagnostics.Sentence(failed.Error() + ", and the Hub reports no reason")
	}
	if len(failed.Messages) > 0 {
		text += "\n\nWhile it was starting, the Hub reported:\n  - " + strings.Join(failed.Messages, "\n  - ")
	}
	return text + "\n\nThe server does not exist. If user_options are the reason, change them. Otherwise look into the log of the Hub or of its spawner."
}

// addLaunchError reports a server that was not started. isStartedHere means that this
// apply has started the server of this name for another resource.
func addLaunchError(diags *diag.Diagnostics, model resourceModel, err error, isStartedHere bool) {
	if active, ok := errors.AsType[*hub.ActiveError](err); ok {
		detail := existingServerAdvice(model)
		if isStartedHere {
			detail = "This apply started it for another resource of the configuration, with the same user and name. A user has one server of a name. Give each resource a name of its own, then run terraform apply again."
		}
		diags.AddAttributeError(path.Root("name"), "The server already exists", diagnostics.Sentence(active.Error())+"\n\n"+detail)
		return
	}
	if failed, ok := errors.AsType[*hub.SpawnError](err); ok {
		diags.AddError("The "+model.title()+" did not start", spawnAdvice(failed))
		return
	}
	if lost, ok := errors.AsType[*hub.LostStartError](err); ok {
		diags.AddError("It is not known whether the "+model.title()+" was started", lostStartDetail(lost, model.importID()))
		return
	}
	if errors.Is(err, hub.ErrServersHidden) || hub.IsUserNotFound(err) {
		diags.AddAttributeError(path.Root("user"), "The Hub does not list the servers of "+model.User.ValueString(),
			diagnostics.Sentence(err.Error())+"\n\nEither the user does not exist, or the provider's token lacks the scopes read:users and servers, for this user or for all.")
		return
	}
	if refused, ok := errors.AsType[*transport.Error](err); ok && refused.IsJSONError {
		if refused.Status == http.StatusBadRequest && isRunningAlready(refused) {
			diags.AddAttributeError(path.Root("name"), "There is such a server already", diagnostics.Sentence(err.Error())+
				"\n\nSomebody started a server of this name at the same time: another client, or another resource of this configuration with the same user and name. "+
				"A user has one server of a name. Give each resource a name of its own, then run terraform apply again.")
			return
		}
		if advice := refusedStartAdvice(refused); advice != "" {
			diags.AddError("The "+model.title()+" was not started", diagnostics.Sentence(err.Error())+"\n\n"+advice)
			return
		}
	}
	diagnostics.AddError(diags, "The "+model.title()+" was not started", err)
}

// lostStartDetail describes how to find out whether a server was started.
func lostStartDetail(lost *hub.LostStartError, importID string) string {
	lookup := "The interrupt left time for only one lookup, which did not find the server. It may start later."
	if lost.LookupError != nil {
		lookup = "The server could not be looked up since: " + diagnostics.Sentence(lost.LookupError.Error())
	}
	return diagnostics.Sentence(lost.Cause.Error()) + "\n\nThe Hub's response to the start was lost. " + lookup + " A server may run and cost money: look at the Hub's page /hub/home. " +
		"If the server is there, stop it before the next terraform apply, or manage it:\n\n  terraform import ADDRESS_OF_THIS_RESOURCE " + importID
}

func existingServerAdvice(model resourceModel) string {
	return fmt.Sprintf("If this is the server that the plan replaces, the resource has create_before_destroy: its own, or that of a resource that depends on it. Remove both. "+
		"A user has one server of a name, so the old one must stop before the new one starts. The plan cannot report it, because Terraform does not show lifecycle arguments to a provider."+
		"\n\nTo manage a server that was started elsewhere:\n\n  terraform import ADDRESS_OF_THIS_RESOURCE %s\n\nOtherwise stop it on the Hub's page /hub/home and apply again, or set another name.", model.importID())
}

// addUnconfirmedStartWarning reports a server that the Hub lists after the response
// to its start was lost.
func addUnconfirmedStartWarning(diags *diag.Diagnostics, model resourceModel) {
	diags.AddAttributeWarning(path.Root("name"), "The start of the "+model.title()+" is not confirmed",
		"The Hub's response to the start was lost. The Hub listed no such server before the request, and lists one now, so most likely this apply started it. "+
			"Another client of the same user may have started it in the meantime, with other options. It is in the state, and terraform destroy stops it.\n\n"+
			"If it is not yours, remove it from the state: terraform state rm ADDRESS_OF_THIS_RESOURCE")
}

// isRunningAlready reports whether the Hub refused a start because the server is
// active (jupyterhub 6.1.1, apihandlers/users.py).
func isRunningAlready(refused *transport.Error) bool {
	return strings.HasSuffix(refused.RawMessage(), " is already running") || strings.Contains(refused.RawMessage(), " is pending ")
}

// refusedStartAdvice advises on a start that the Hub rejected, or returns "".
func refusedStartAdvice(refused *transport.Error) string {
	switch {
	case refused.Status == http.StatusBadRequest && strings.Contains(refused.RawMessage(), "already has the maximum of"):
		return "Stopped servers count as well, also those of earlier runs, until they are deleted. Delete them on the Hub's page /hub/home, or destroy them with remove_on_destroy = true."
	case refused.Status == http.StatusConflict:
		return "The message is from the Hub's spawner, or from the hook before it. If user_options are the reason, change them. Otherwise ask the operators of the Hub."
	default:
		return ""
	}
}

// unreadImport is an imported server that could not be read before the apply.
func (m *resourceModel) unreadImport() clients.UnreadImport {
	return clients.UnreadImport{Noun: "server", Title: m.title(), Argument: "user_options"}
}
