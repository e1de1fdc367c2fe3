// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind is what went wrong with a request.
type Kind int

const (
	// KindStatus is an answer with a status outside 2xx and 3xx.
	KindStatus Kind = iota
	// KindUnreachable means that nothing was sent: no such host, connection
	// refused, no connection in time.
	KindUnreachable
	// KindNoResponse means that the request may have arrived but no whole answer
	// came back.
	KindNoResponse
	// KindTLS means that there was no TLS connection, mostly because the server's
	// certificate was not accepted; nothing was sent.
	KindTLS
	// KindCredentials is an answer that turns the credentials down.
	KindCredentials
	// KindBody is a 2xx answer that is not what was asked for.
	KindBody
	// KindCleartext means that nothing was sent, because credentials would have
	// gone over a foreign network in clear text.
	KindCleartext
	// KindTicket means that nothing was sent, because there was no Kerberos
	// ticket.
	KindTicket
	// KindRedirect is a 3xx answer, which is not followed.
	KindRedirect
	// KindProxy means that the HTTP proxy in between let nothing through: it
	// refused with a status, or could not be reached, which is status 0.
	KindProxy
)

// Error is a request that did not bring what was asked for. Its texts are
// redacted.
type Error struct {
	Kind Kind
	// Method, Path and Host are those of the request; the path has no query.
	Method, Path, Host string
	// Status is that of the answer; zero when there was none.
	Status int
	// Message is what the server returned or what went wrong, in one line and
	// without secrets. It is for people: see RawMessage.
	Message string
	// JSONError reports that Message is the error member of a JSON response, so that
	// the API itself returned it and not a proxy in front of it.
	JSONError bool
	// raw is a function so that a dump of the error does not show it.
	raw func() string
	// TLS is why there was no TLS connection, for KindTLS.
	TLS TLSReason
	// Proxy is the host and port of the HTTP proxy, for KindProxy.
	Proxy string
	// Lookup says that it went wrong while the host's name was looked up.
	Lookup bool
	// NotHTTP says that what came, for KindNoResponse, is of another protocol.
	NotHTTP bool
	// Attempts is how often the request was sent.
	Attempts int
	// CredentialOrigin says where the credentials came from.
	CredentialOrigin string
	// Scheme says what sort of credentials the client has, "" for none.
	Scheme Scheme
	// Err is the cause, if it was an error; the context's among them.
	Err error
}

// Error names the method, the path, the status and the server's words.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s", e.Method, e.Path)
	switch e.Kind {
	case KindStatus, KindCredentials, KindRedirect:
		fmt.Fprintf(&text, " was answered with %d %s by %s", e.Status, http.StatusText(e.Status), e.Host)
	case KindUnreachable:
		fmt.Fprintf(&text, " could not be sent to %s", e.Host)
	case KindTLS:
		fmt.Fprintf(&text, " was not sent to %s", e.Host)
	case KindProxy:
		fmt.Fprintf(&text, " was not sent to %s: the HTTP proxy %s ", e.Host, e.Proxy)
		if e.Status == 0 {
			text.WriteString("could not be reached")
		} else {
			fmt.Fprintf(&text, "refused it with %d %s", e.Status, http.StatusText(e.Status))
		}
	case KindCleartext, KindTicket:
		text.WriteString(" was not sent")
	case KindNoResponse:
		fmt.Fprintf(&text, " got no answer from %s", e.Host)
	case KindBody:
		fmt.Fprintf(&text, " got an answer from %s that cannot be used", e.Host)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&text, " (%d attempts)", e.Attempts)
	}
	if reason := e.reason(); reason != "" {
		text.WriteString(": " + reason)
	}
	return text.String()
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

// MayHaveArrived says of a request that is not Retryable whether the server
// may have acted on it: when no whole answer came, when what came cannot be
// used, and when a proxy or a crash answered in the server's place. A status
// below 200 is no answer of HTTP.
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
// the server or a proxy before it is starting, busy or out of reach. It is what
// all waits tolerate. A 404 that is not the API's own JSON comes from a proxy that
// does not have the route yet. The error of a request that the caller cancelled
// counts as well: check the context first.
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
		return isTransientStatus(failure.Status) || failure.Status == http.StatusNotFound && !failure.JSONError
	default:
		return false
	}
}

// Passes is IsTransient, except that every 404 is lasting.
func (e *Error) Passes() bool { return e.Status != http.StatusNotFound && IsTransient(e) }

func isTransientStatus(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// kindOf is the Kind of an error of a single attempt, with the status of a proxy
// that refused it.
func kindOf(err error) (Kind, int) {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.Kind, failure.Status
	}
	return KindNoResponse, 0
}
