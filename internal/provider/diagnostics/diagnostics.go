// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package diagnostics turns the errors of the API clients into diagnostics: what
// the server returned, what it means, and what to do next.
package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// AddProblem reports a malformed setting where it was written: on the argument
// when it is in the provider block, else by the name of its origin.
func AddProblem(diags *diag.Diagnostics, problem settings.Problem) {
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

// AddError reports a failed call: the summary says what did not happen, the
// detail what the server said and what to do.
func AddError(diags *diag.Diagnostics, summary string, err error) {
	diags.AddError(summary, Explain(err))
}

// Explain turns an error of the clients into the detail of a diagnostic: what
// was said, what it means, what to do next.
func Explain(err error) string {
	said := Sentence(err.Error())
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
	case transport.KindNoResponse:
		return "The answer of " + failure.Host + " never came in full. Run the command again once the server answers; request_timeout in the provider block sets how long one answer may take."
	case transport.KindTLS:
		return tlsAdvice(failure)
	case transport.KindProxy:
		return ProxyAdvice(failure)
	case transport.KindCredentials:
		return credentialAdvice(failure)
	case transport.KindCleartext:
		return "Use an https:// address. If the network in between is trusted, set allow_cleartext = true in the provider block."
	case transport.KindTicket:
		return "auth = \"kerberos\" sends a ticket with each request, from " + failure.CredentialOrigin + ". kinit gets one and klist shows which there are; with keytab_path, and principal, in the provider block " +
			"the provider gets its own."
	case transport.KindRedirect:
		return redirectAdvice(failure)
	case transport.KindBody:
		return "Another kind of server answers at this address, or a proxy in between changed the answer. Check the address in the provider block."
	default:
		return statusAdvice(failure)
	}
}

// loginPage matches the targets of redirects to a login: the Hub's own page, and the
// usual paths of identity providers.
var loginPage = regexp.MustCompile(`(?i)/(hub/login|login|signin|oauth2?|authorize|saml2?|sso)([/?.]|$)`)

func redirectAdvice(failure *transport.Error) string {
	if loginPage.MatchString(failure.Message) {
		return "The server redirects to a login page: it received no credentials that it accepts. " + credentialAdvice(failure)
	}
	return "The provider follows no redirect, because its credentials must not reach another server. The address probably lacks " +
		"its path, or must begin with https://."
}

// tlsAdvice never explains how to disable the check, because that is not possible.
func tlsAdvice(failure *transport.Error) string {
	switch failure.TLS {
	case transport.TLSUntrusted:
		return "If this is the server you mean, give the certificate of its authority, in PEM, as ca_certificate in the provider block: ca_certificate = file(\"ca.pem\")."
	case transport.TLSSelfSigned:
		return "If this is the server you mean, give this certificate itself, in PEM, as ca_certificate in the provider block: ca_certificate = file(\"server.pem\")."
	case transport.TLSWrongHost:
		return "Use a name in the address that the certificate is made for, or have one made for " + failure.Host + "."
	case transport.TLSExpired:
		return "Whoever runs " + failure.Host + " has to renew its certificate. Nothing here can make up for it; if it was renewed, check this machine's clock."
	case transport.TLSNotYetValid:
		return "Check this machine's clock; else the certificate of " + failure.Host + " was made for a later time."
	case transport.TLSNotSupported:
		return "Check the port in the address. Where the server has no TLS at all, the address begins with http://."
	case transport.TLSRequired:
		return "Begin the address with https://."
	default:
		return "TLS 1.2 or later is needed, and a server that asks for no certificate of its clients. Check the address in the provider block."
	}
}

// ProxyAdvice says what to do about an HTTP proxy that refused or could not be
// reached.
func ProxyAdvice(failure *transport.Error) string {
	const without = " For a server that needs no proxy, name it in NO_PROXY, or set http_proxy = \"false\" in the provider block."
	switch failure.Status {
	case 0:
		return "Check the proxy in http_proxy of the provider block, or in HTTPS_PROXY or HTTP_PROXY of the environment, and the network." + without
	case http.StatusProxyAuthRequired:
		return "The proxy wants a user name and a password, or other ones than it got. Give them in http_proxy of the provider block, or in HTTPS_PROXY or " +
			"HTTP_PROXY of the environment: http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded." + without
	default:
		return "It was the proxy that refused, and not " + failure.Host + ". Ask those who run the proxy to let it through." + without
	}
}

func credentialAdvice(failure *transport.Error) string {
	origin := "the configuration"
	if failure.CredentialOrigin != "" {
		origin = failure.CredentialOrigin
	}
	if required, configured := authFor(failure.Challenge), authOf(failure.Scheme); failure.JSONError && required != "" && configured != "" && required != configured {
		text := fmt.Sprintf("The gateway requires auth = %q, and the provider uses auth = %q", required, configured)
		if failure.SchemeOrigin != "" {
			text += ", which comes from " + failure.SchemeOrigin
		}
		return text + fmt.Sprintf(". Set auth = %q in the provider block or in PC_AUTH, and give it the credentials of that kind.", required)
	}
	switch failure.Scheme {
	case "":
		return "The server wants credentials, and auth = \"none\" sends none. Set auth in the provider block, or PC_AUTH, to the way in which this gateway knows its users."
	case transport.SchemeBasic:
		return "The server did not accept the user name and the password. The password is that from " + origin + ". " +
			"Correct username and password in the provider block, or PC_USERNAME and PC_PASSWORD."
	case transport.SchemeKerberos:
		return "The server did not accept the Kerberos ticket, which was made with " + origin + ". Its log has the reason: mostly the keytab of the gateway, which must have the key of HTTP/" + hostname(failure.Host) +
			", or clocks that are more than five minutes apart."
	default:
		return "The server did not accept the credentials from " + origin + ": they are wrong, expired or revoked, or lack the scope for this. " +
			"Make a new token on the Hub's page /hub/token and put it in their place."
	}
}

// authFor returns the value of auth for the scheme in a WWW-Authenticate header.
func authFor(challenge string) string {
	switch challenge {
	case "basic", "jupyterhub":
		return challenge
	case "negotiate":
		return "kerberos"
	default:
		return ""
	}
}

// authOf returns the value of auth that leads to a scheme. It is "" for the
// subscription key of the data services.
func authOf(scheme transport.Scheme) string {
	switch scheme {
	case "":
		return "none"
	case transport.SchemeToken:
		return "jupyterhub"
	case transport.SchemeBasic:
		return "basic"
	case transport.SchemeKerberos:
		return "kerberos"
	default:
		return ""
	}
}

// hostname returns a host without its port.
func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }

// likelyAddress is where the daskhub Helm chart serves the gateway.
const likelyAddress = "a gateway behind a JupyterHub is usually at https://HOST/services/dask-gateway/."

func statusAdvice(failure *transport.Error) string {
	switch status := failure.Status; {
	case status == http.StatusUnauthorized:
		return credentialAdvice(failure)
	case status == http.StatusForbidden && hub.IsMissingScope(failure):
		return "The token lacks one of these scopes. Before JupyterHub 4, this is also the answer to a token that is wrong, expired or revoked. It comes from " + failure.CredentialOrigin + "."
	case status == http.StatusForbidden && strings.Contains(failure.Message, "'_xsrf' argument missing"):
		return "This is a page of the JupyterHub and not an API. Check the address in the provider block: " + likelyAddress
	case status == http.StatusForbidden && failure.Scheme == transport.SchemeKey:
		return "The service rejected the subscription_key, which comes from " + failure.CredentialOrigin + "."
	case status == http.StatusForbidden && !failure.JSONError:
		return "The response does not come from the API: a firewall or a proxy in front of " + failure.Host + " refuses the request. It says nothing about the credentials. Ask its operators to allow the request."
	case status == http.StatusForbidden:
		return "The credentials are valid but do not allow this. It may belong to another user, or the token lacks a scope."
	case status == http.StatusNotFound && failure.JSONError && !strings.Contains(failure.Path, "/services/") && strings.EqualFold(failure.Message, "Not Found"):
		return "The server has no API at this path. Check the address in the provider block: " + likelyAddress
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

// Sentence makes an error text, which begins small and ends without a full
// stop, fit to be read beside others.
func Sentence(text string) string {
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

// Plural writes a count with its noun.
func Plural(count int64, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

// WriteType prints the name of a value's type in place of the value, for models
// that may hold a secret: the framework's strings print what they hold.
func WriteType(state fmt.State, value any) { _, _ = fmt.Fprintf(state, "%T", value) }
