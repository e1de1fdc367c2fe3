// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind is the kind of failure of a request.
type Kind int

const (
	// KindStatus means a response with a status other than 2xx and 3xx.
	KindStatus Kind = iota
	// KindUnreachable means that nothing was sent: no such host, connection
	// refused, no connection in time.
	KindUnreachable
	// KindNoResponse means that the request may have arrived, but the response did not
	// or was truncated.
	KindNoResponse
	// KindTLS means that nothing was sent because there was no TLS connection, usually
	// because the server's certificate was not accepted.
	KindTLS
	// KindCredentials means that the server rejected the credentials with a status
	// other than 401 or 403: see Config.IsCredentialFailure.
	KindCredentials
	// KindBody means a 2xx response with an unexpected body.
	KindBody
	// KindCleartext means that nothing was sent, because the credentials would have
	// crossed a foreign network in clear text.
	KindCleartext
	// KindTicket means that nothing was sent, because there was no Kerberos
	// ticket.
	KindTicket
	// KindRedirect means a 3xx response. The client does not follow it.
	KindRedirect
	// KindProxy means that the HTTP proxy refused the request, or could not be reached.
	// In the second case Status is 0.
	KindProxy
)

// Error is the failure of a request. Its texts are redacted.
type Error struct {
	Kind Kind
	// Method, Path and Host describe the request. The path has no query.
	Method, Path, Host string
	// Status is the status of the response, or 0 if there was none.
	Status int
	// Message is what the server returned or what went wrong, in one line and
	// without secrets. It is for people: see RawMessage.
	Message string
	// IsJSONError reports that Message is the error member of a JSON response, so that
	// the API itself returned it and not a proxy in front of it.
	IsJSONError bool
	// raw is a function so that a dump of the error does not show it.
	raw func() string
	// TLS is the reason why there was no TLS connection, for KindTLS.
	TLS TLSReason
	// Proxy is the host and port of the HTTP proxy, for KindProxy.
	Proxy string
	// IsHostNotFound reports whether the lookup of the host's name failed.
	IsHostNotFound bool
	// IsRefused reports whether the host refused the connection, because nothing listens
	// on the port.
	IsRefused bool
	// IsNotHTTP reports, for KindNoResponse, whether the server uses another protocol.
	IsNotHTTP bool
	// Attempts is how often the request was sent.
	Attempts int
	// CredentialOrigin is the place where the credentials were found.
	CredentialOrigin string
	// Challenge is the scheme in the WWW-Authenticate header of the response, in lower
	// case: the kind of credentials that the server accepts.
	Challenge string
	// SchemeOrigin is the place that decided the Scheme.
	SchemeOrigin string
	// Scheme is the kind of the client's credentials, "" for none.
	Scheme Scheme
	// Err is the cause, for example the context's error. It may be nil.
	Err error
}

// Error returns the method, the path, the status and the server's message.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s", e.Method, e.Path)
	switch e.Kind {
	case KindStatus, KindCredentials, KindRedirect:
		fmt.Fprintf(&text, " failed: %s returned %s", e.Host, statusText(e.Status))
	case KindUnreachable:
		fmt.Fprintf(&text, " could not be sent to %s", e.Host)
	case KindTLS:
		fmt.Fprintf(&text, " was not sent to %s", e.Host)
	case KindProxy:
		proxy := "an HTTP proxy"
		if e.Proxy != "" {
			proxy = "the HTTP proxy " + e.Proxy
		}
		fmt.Fprintf(&text, " was not sent to %s: %s ", e.Host, proxy)
		if e.Status == 0 {
			text.WriteString("could not be reached")
		} else {
			fmt.Fprintf(&text, "refused it with %s", statusText(e.Status))
		}
	case KindCleartext, KindTicket:
		text.WriteString(" was not sent")
	case KindNoResponse:
		fmt.Fprintf(&text, " got no response from %s", e.Host)
	case KindBody:
		fmt.Fprintf(&text, " got an invalid response from %s", e.Host)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&text, " (%d attempts)", e.Attempts)
	}
	if reason := e.reason(); reason != "" {
		text.WriteString(": " + reason)
	}
	return text.String()
}

// statusText returns a status with its name, if it has one.
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

func (e *Error) reason() string {
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// RawMessage returns what the server returned, unchanged, for decisions. It may
// contain secrets and escape sequences, so show Message instead.
func (e *Error) RawMessage() string {
	if e.raw == nil {
		return e.Message
	}
	return e.raw()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MayHaveArrived reports whether the server may have processed the request. This is
// the case if the response was lost, truncated or invalid, or if its status may come
// from a proxy or a crash. A status below 200 is not a final response.
func (e *Error) MayHaveArrived() bool {
	switch e.Kind {
	case KindNoResponse, KindBody:
		return true
	case KindStatus:
		return e.Status >= http.StatusInternalServerError || e.Status < http.StatusOK
	default:
		return false
	}
}

// IsTransient reports whether the same request may succeed a little later, because
// the server or a proxy in front of it is starting, busy or unreachable. All waits
// tolerate such errors. A 404 without the JSON of the API comes from a proxy that has
// no route yet. IsTransient is also true for requests that the caller cancelled:
// check the context first.
func IsTransient(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch failure.Kind {
	case KindUnreachable, KindNoResponse:
		return true
	case KindProxy:
		return failure.Status == 0 || isTransientStatus(failure.Status)
	case KindStatus:
		return isTransientStatus(failure.Status) || failure.Status == http.StatusNotFound && !failure.IsJSONError
	default:
		return false
	}
}

func isTransientStatus(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// APIError returns the *Error if the API itself returned the status, and not a proxy in
// front of it.
func APIError(err error, status int) (*Error, bool) {
	failure, ok := errors.AsType[*Error](err)
	return failure, ok && failure.Kind == KindStatus && failure.Status == status && failure.IsJSONError
}

// kindOf returns the Kind of the error of a single attempt, and the status if a
// proxy refused it.
func kindOf(err error) (Kind, int) {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.Kind, failure.Status
	}
	return KindNoResponse, 0
}
