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
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// AddProblem reports an invalid setting: on its argument if it is in the provider
// block, otherwise with the name of its origin.
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

// AddError reports a failed call. The summary states what failed. The detail is what the
// server returned, what it means and what to do.
func AddError(diags *diag.Diagnostics, summary string, err error) {
	diags.AddError(summary, Explain(err))
}

// Explain turns an error of the clients into the detail of a diagnostic: what the
// server returned, what it means and what to do.
func Explain(err error) string {
	detail := Sentence(err.Error())
	if next := advice(err); next != "" {
		return detail + "\n\n" + next
	}
	return detail
}

// advice returns what an error means and what to do, or "".
func advice(err error) string {
	if errors.Is(err, context.Canceled) {
		return "The operation was interrupted. The next terraform apply or terraform destroy continues with what is in the state."
	}
	var failure *transport.Error
	if !errors.As(err, &failure) {
		return ""
	}
	switch failure.Kind {
	case transport.KindUnreachable:
		return unreachableAdvice(failure)
	case transport.KindNoResponse:
		return "The response of " + failure.Host + " was lost or incomplete. Run the command again when the server responds. request_timeout in the provider block limits the time of one request."
	case transport.KindTLS:
		return tlsAdvice(failure)
	case transport.KindProxy:
		return ProxyAdvice(failure)
	case transport.KindCredentials:
		return credentialAdvice(failure)
	case transport.KindCleartext:
		return "Use an https:// address. If you trust the network, set allow_cleartext = true in the provider block."
	case transport.KindTicket:
		return "auth = \"kerberos\" sends a ticket with each request, from " + failure.CredentialOrigin + ". Run kinit to get a ticket and klist to list your tickets. With keytab_path and principal in the provider block, " +
			"the provider requests its own tickets."
	case transport.KindRedirect:
		return redirectAdvice(failure)
	case transport.KindBody:
		return "This address belongs to another kind of server, or a proxy changed the response. Check the address in the provider block."
	default:
		return statusAdvice(failure)
	}
}

func unreachableAdvice(failure *transport.Error) string {
	switch {
	case failure.IsHostNotFound:
		return "The name " + hostname(failure.Host) + " does not resolve on this machine. Check its spelling in the provider block, and whether it is known only in another network."
	case failure.IsRefused:
		return failure.Host + " refuses connections, so nothing listens there. Check the port in the address of the provider block, and whether the server runs."
	default:
		return "The provider could not connect to " + failure.Host + ". Check the address in the provider block, the network, and the HTTP proxy if there is one."
	}
}

// loginPage matches the targets of redirects to a login: the Hub's own page, and the
// usual paths of identity providers.
var loginPage = lazy.Regexp(`(?i)/(hub/login|login|signin|oauth2?|authorize|saml2?|sso)([/?.]|$)`)

func redirectAdvice(failure *transport.Error) string {
	if loginPage().MatchString(failure.Message) {
		return "The server redirects to a login page, because it received no credentials that it accepts. The provider follows no redirect. " + credentialAdvice(failure)
	}
	return "The provider follows no redirect, because its credentials must not reach another server. The address probably lacks " +
		"its path, or must begin with https://."
}

// tlsAdvice never explains how to disable the check, because that is not possible.
func tlsAdvice(failure *transport.Error) string {
	switch failure.TLS {
	case transport.TLSUntrusted:
		return "If the server is the right one, set the certificate of its authority in the provider block, in PEM: ca_certificate = file(\"ca.pem\")."
	case transport.TLSSelfSigned:
		return "If the server is the right one, set this certificate itself in the provider block, in PEM: ca_certificate = file(\"server.pem\")."
	case transport.TLSWrongHost:
		return "Use an address whose host is in the certificate, or ask for a certificate for " + failure.Host + "."
	case transport.TLSExpired:
		return "The operators of " + failure.Host + " must renew its certificate. If they already did, check this machine's clock."
	case transport.TLSNotYetValid:
		return "Check this machine's clock. If it is right, the certificate of " + failure.Host + " is only valid later."
	case transport.TLSNotSupported:
		return "Check the port in the address. If the server has no TLS, use an http:// address."
	case transport.TLSRequired:
		return "Begin the address with https://."
	default:
		return "The provider requires TLS 1.2 or later, and supports no client certificates. Check the address in the provider block."
	}
}

// ProxyAdvice returns what to do about an HTTP proxy that refused a request or could
// not be reached.
func ProxyAdvice(failure *transport.Error) string {
	const avoidProxyAdvice = " If the server needs no proxy, list it in NO_PROXY, or set http_proxy = \"false\" in the provider block."
	switch failure.Status {
	case 0:
		return "Check the network, and the proxy in http_proxy of the provider block or in the environment variable HTTPS_PROXY or HTTP_PROXY." + avoidProxyAdvice
	case http.StatusProxyAuthRequired:
		return "The proxy requires a user name and a password, or rejected the ones it received. Set them in http_proxy of the provider block, or in the environment variable HTTPS_PROXY or " +
			"HTTP_PROXY: http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded." + avoidProxyAdvice
	default:
		return "The response comes from the proxy and not from " + failure.Host + ". Ask the operators of the proxy to allow the request." + avoidProxyAdvice
	}
}

func credentialAdvice(failure *transport.Error) string {
	origin := "the configuration"
	if failure.CredentialOrigin != "" {
		origin = failure.CredentialOrigin
	}
	if required, configured := authFor(failure.Challenge), authOf(failure.Scheme); failure.IsJSONError && required != "" && configured != "" && required != configured {
		text := fmt.Sprintf("The gateway requires auth = %q, and the provider uses auth = %q", required, configured)
		if failure.SchemeOrigin != "" {
			text += ", which comes from " + failure.SchemeOrigin
		}
		return text + fmt.Sprintf(". Set auth = %q in the provider block or in PC_AUTH, and give it the credentials of that kind.", required)
	}
	if failure.Status == http.StatusUnauthorized && failure.Challenge == "jupyterhub" {
		return "The gateway rejected the credentials from " + origin + ". If the token exists, it lacks the scope access:services!service=dask-gateway (with the gateway's name at the Hub). " +
			"The token of a service has only the scopes in the Hub's configuration. Gateways before 2025.4 also return this for a token that is wrong, expired or revoked. Request a new token on the Hub's page /hub/token and use it instead."
	}
	switch failure.Scheme {
	case "":
		return "The server requires credentials, and auth = \"none\" sends none. Set auth in the provider block, or PC_AUTH, to the kind of authentication that the gateway uses."
	case transport.SchemeBasic:
		return "The server rejected the user name or the password. The password comes from " + origin + ". " +
			"Correct username and password in the provider block, or PC_USERNAME and PC_PASSWORD."
	case transport.SchemeKerberos:
		return "The server rejected the Kerberos ticket, which comes from " + origin + ". Its log has the reason. Usually the gateway's keytab lacks the key of HTTP/" + hostname(failure.Host) +
			", or the clocks differ by more than five minutes."
	default:
		return "The server rejected the credentials from " + origin + ": they are wrong, expired or revoked, or lack the required scope. " +
			"Request a new token on the Hub's page /hub/token and use it instead."
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
		return "The token lacks one of these scopes. JupyterHub before version 4 also returns this for a token that is wrong, expired or revoked. The token comes from " + failure.CredentialOrigin + "."
	case status == http.StatusForbidden && strings.Contains(failure.Message, "'_xsrf' argument missing"):
		return "This is a page of the JupyterHub and not an API. Check the address in the provider block: " + likelyAddress
	case status == http.StatusForbidden && failure.Scheme == transport.SchemeKey:
		return "The service rejected the subscription_key, which comes from " + failure.CredentialOrigin + "."
	case status == http.StatusForbidden && !failure.IsJSONError:
		return "The response does not come from the API: a firewall or a proxy in front of " + failure.Host + " refuses the request. It says nothing about the credentials. Ask its operators to allow the request."
	case status == http.StatusForbidden && foreignCluster().MatchString(failure.Message):
		return foreignClusterAdvice(foreignCluster().FindStringSubmatch(failure.Message)[1], failure)
	case status == http.StatusForbidden && failure.Scheme == "":
		return "The provider sent no credentials, and the server does not allow the request without them."
	case status == http.StatusForbidden:
		return "The credentials are valid but do not allow this. The object may belong to another user, or the token may lack a scope."
	case status == http.StatusNotFound && failure.IsJSONError && strings.EqualFold(failure.Message, "Not Found"):
		const wrongPath = "The server has no API at this path. Check the address in the provider block"
		if strings.Contains(failure.Path, "/services/") {
			return wrongPath + "."
		}
		return wrongPath + ": " + likelyAddress
	case status == http.StatusNotFound && strings.HasPrefix(failure.RawMessage(), "No access to resources"):
		// The Hub hides users from tokens without a scope for them (jupyterhub/scopes.py).
		return "Either the user does not exist, or the token lacks a scope for this user. The Hub returns the same response for both. The token comes from " + failure.CredentialOrigin + "."
	case status == http.StatusNotFound && !failure.IsJSONError:
		return "The response comes from a proxy and not from the API: the path is wrong, or the server behind the proxy is starting. Check the address in the provider block, then run the command again."
	case status == http.StatusConflict:
		return "The current state of the object does not allow this. Run terraform plan to see its state."
	case status == http.StatusUnprocessableEntity || status == http.StatusBadRequest:
		return "The server rejected the values in the request. Correct them and run the command again."
	case status == http.StatusTooManyRequests:
		return "The server limits the rate of requests. Run the command again later, or with a lower -parallelism."
	case status >= http.StatusInternalServerError:
		return "The server failed, or a server behind it. Its log has the reason. The state is unchanged. Run the command again when the server is healthy."
	default:
		return ""
	}
}

// foreignCluster matches the gateway's 403 for a cluster of another user
// (dask_gateway_server 2026.3.0, routes.py).
var foreignCluster = lazy.Regexp(`^User (\S+) lacks permissions to \w+ cluster `)

// foreignClusterAdvice names the owner of the credentials. The gateway calls
// a service of the Hub service:NAME (auth.py).
func foreignClusterAdvice(user string, failure *transport.Error) string {
	if service, isService := strings.CutPrefix(user, "service:"); isService {
		return "The token from " + failure.CredentialOrigin + " belongs to the Hub's service " + service + ", and the cluster to a user. " +
			"A service can use only clusters that it created itself. Use a token of the user who created the cluster."
	}
	return "The credentials from " + failure.CredentialOrigin + " belong to the user " + user + ", and the cluster to another user. Use the credentials of the user who created the cluster."
}

// Sentence turns an error text into a sentence, with a capital letter and a full stop.
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

// WriteType prints the type of a value instead of the value, for models that may
// contain a secret. The framework's strings would print their content.
func WriteType(state fmt.State, value any) { _, _ = fmt.Fprintf(state, "%T", value) }
