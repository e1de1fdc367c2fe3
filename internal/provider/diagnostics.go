// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// addProblem reports a malformed setting where it was written: on the argument
// when it is in the provider block, else by the name of its origin.
func addProblem(diags *diag.Diagnostics, problem settings.Problem) {
	detail := problem.Detail
	if problem.Origin != "" {
		detail += "\n\nThe value comes from " + problem.Origin + "."
	}
	if problem.Argument == "" {
		diags.AddError(problem.Summary, detail)
		return
	}
	diags.AddAttributeError(path.Root(problem.Argument), problem.Summary, detail)
}

// addError reports a failed call: the summary says what did not happen, the
// detail what the server said and what to do.
func addError(diags *diag.Diagnostics, summary string, err error) {
	diags.AddError(summary, explain(err))
}

// explain turns an error of the clients into the detail of a diagnostic: what
// was said, what it means, what to do next.
func explain(err error) string {
	said := sentence(err.Error())
	if next := advice(err); next != "" {
		return said + "\n\n" + next
	}
	return said
}

// advice is what a person can do about an error, or "".
func advice(err error) string {
	if errors.Is(err, context.Canceled) {
		return "The operation was interrupted. What was begun is in the state; the next terraform apply or terraform destroy goes on from there."
	}
	var failure *transport.Error
	if !errors.As(err, &failure) {
		return ""
	}
	switch failure.Kind {
	case transport.KindUnreachable:
		return "Nothing could be sent to " + failure.Host + ". Check the address in the provider block, and the network and HTTP proxy between here and there."
	case transport.KindNoAnswer:
		return "The answer of " + failure.Host + " never came in full. Run the command again once the server answers; request_timeout in the provider block sets how long one answer may take."
	case transport.KindTLS:
		return "The certificate of " + failure.Host + " was not accepted. Give the authority's certificate as ca_certificate in the provider block, or use the name that the certificate is made for."
	case transport.KindCredentials:
		return credentialAdvice(failure)
	case transport.KindCleartext:
		return "Use an https:// address. If the network in between is trusted, set allow_cleartext = true in the provider block."
	case transport.KindRedirect:
		return "The provider follows no redirect, because its credentials must not reach another server. A redirect here mostly means that the address misses " +
			"its path, or that it should begin with https://."
	case transport.KindBody:
		return "Another kind of server answers at this address, or a proxy in between changed the answer. Check the address in the provider block."
	default:
		return statusAdvice(failure)
	}
}

func credentialAdvice(failure *transport.Error) string {
	origin := "the configuration"
	if failure.CredentialOrigin != "" {
		origin = failure.CredentialOrigin
	}
	return "The server did not accept the credentials from " + origin + ": they are wrong, expired or revoked, or lack the scope for this. " +
		"Make a new token on the Hub's page /hub/token and put it in their place."
}

func statusAdvice(failure *transport.Error) string {
	switch status := failure.Status; {
	case status == http.StatusUnauthorized:
		return credentialAdvice(failure)
	case status == http.StatusForbidden:
		return "The credentials are valid but do not allow this. It may belong to another user, or the token lacks a scope."
	case status == http.StatusNotFound && !failure.JSONError:
		return "This is not an answer of the API: a proxy gave it, because the path is wrong or the server behind it is starting. Check the address in the provider block, then run the command again."
	case status == http.StatusConflict:
		return "The object is not in a state that allows this. Run terraform plan to see what it has become."
	case status == http.StatusUnprocessableEntity || status == http.StatusBadRequest:
		return "The server refused the values that were sent. Change them as it says and run the command again."
	case status == http.StatusTooManyRequests:
		return "The server asks for fewer requests. Run the command again later, or with a lower -parallelism."
	case status >= http.StatusInternalServerError:
		return "The server failed, or one behind it. Its log has the reason; nothing was changed in the state. Run the command again once it is healthy."
	default:
		return ""
	}
}

// sentence makes an error text, which begins small and ends without a full
// stop, fit to be read beside others.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.ContainsRune(".!?", rune(text[len(text)-1])) {
		return text
	}
	return text + "."
}

// plural writes a count with its noun.
func plural(count int64, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
