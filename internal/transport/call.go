// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/go-retryablehttp"
)

// Request is one call to an API.
type Request struct {
	Method string
	// Path lists the path elements below the base address. Each is escaped
	// separately. An empty last element adds a trailing slash. Elements that contain a
	// slash, a backslash or a control character, "." and ".." are errors.
	Path []string
	// Query is the raw query without the question mark.
	Query string
	// Accept is the media type of the response; "" for application/json.
	Accept string
	// Body is encoded as JSON; nil for no body.
	Body any
	// Secrets are texts in the body to mask in errors, because servers quote them.
	Secrets []string
	// IsRetryable reports whether the request can safely arrive twice.
	IsRetryable bool
	// IsAnonymous sends the request without credentials.
	IsAnonymous bool
	// Timeout limits one attempt. Zero means RequestTimeout of the Config.
	Timeout time.Duration
	// Want names the expected response in errors, for example "the cluster".
	Want string
	// IsLarge marks a request whose response grows with the number of users, tokens or
	// workers. The limits of the response are higher.
	IsLarge bool
	// ConfidentialMember is the name of a member of the response that may contain
	// secrets unknown to the client. Errors do not quote a 2xx response with this
	// member. "" means no such member.
	ConfidentialMember string
	// Decode reads the body of a 2xx response as it arrives. It is called again for
	// each attempt. If it is nil, the body is stored in the Response.
	Decode func(body io.Reader) error
}

// Response is a response with a 2xx status.
type Response struct {
	Status int
	Header http.Header
	// Body is empty when the Request had a Decode.
	Body []byte
	// Date is the time of the response by the server's clock, in whole seconds. It is
	// zero if the response has no Date (RFC 9110, section 6.6.1).
	Date time.Time
	// Took is how long the last attempt took, from its send until the response was
	// read. Earlier attempts and the pauses between them do not count.
	Took time.Duration
}

// Call sends a request and decodes the JSON of the response with NewDecoder. It
// returns an *Error of KindBody if the response has another type, or if one of the
// checks fails. A check returns what is wrong with the response, or "".
func Call[T any](ctx context.Context, c *Client, r Request, checks ...func(T) string) (T, error) {
	var result T
	r.Decode = func(body io.Reader) error {
		decoder := NewDecoder(body)
		if r.IsLarge {
			decoder = NewLargeDecoder(body)
		}
		var decoded T
		if err := decoder.Decode(&decoded); err != nil {
			return err
		}
		for _, check := range checks {
			if reason := check(decoded); reason != "" {
				return &Error{Kind: KindBody, Message: reason}
			}
		}
		result = decoded
		return nil
	}
	_, err := c.Do(ctx, r)
	return result, err
}

// Do sends a request and retries it as the retry policy allows. It returns an *Error
// if there is no response or if its status is not 2xx. If the context ended, the
// *Error wraps the context's error.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	target, err := c.url(r)
	if err != nil {
		return nil, err
	}
	r, err = c.withToken(ctx, r)
	if err != nil {
		return nil, c.failure(ctx, r, target, &attempt{request: r}, err)
	}
	a := &attempt{request: r}
	req, err := c.newRequest(context.WithValue(ctx, attemptKey{}, a), r, target)
	if err != nil {
		return nil, err
	}
	response, err := c.retry.Do(req)
	if err != nil {
		return nil, c.failure(ctx, r, target, a, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, c.refusal(ctx, r, target, a)
	}
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		date = time.Time{}
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: a.body, Date: date, Took: a.took}, nil
}

func (c *Client) newRequest(ctx context.Context, r Request, target *url.URL) (*retryablehttp.Request, error) {
	var body any
	if r.Body != nil {
		encoded, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("the body of %s %s cannot be written as JSON: %w", r.Method, target.Path, err)
		}
		body = encoded
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, r.Method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("the request %s %s is not valid: %w", r.Method, target.Path, err)
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", cmp.Or(r.Accept, "application/json"))
	req.Header.Set("User-Agent", c.userAgent)
	if r.IsAnonymous {
		return req, nil
	}
	return req, c.authorize(req.Request)
}

// url joins the path to the base address, including the path of the base address.
func (c *Client) url(r Request) (*url.URL, error) {
	prefix := strings.TrimRight(c.base.EscapedPath(), "/")
	escaped := make([]string, 0, len(r.Path))
	for i, element := range r.Path {
		if !isPathElement(element) && (element != "" || i != len(r.Path)-1) {
			return nil, fmt.Errorf("%q is not valid as part of an address", Printable(c.redact.text(element)))
		}
		escaped = append(escaped, url.PathEscape(element))
	}
	target, err := url.ParseRequestURI(prefix + "/" + strings.Join(escaped, "/"))
	if err != nil {
		return nil, fmt.Errorf("the address of the request is not valid: %w", err)
	}
	target.Scheme, target.Host, target.RawQuery = c.base.Scheme, c.base.Host, r.Query
	return target, nil
}

// isPathElement reports whether the server and every proxy in front of it will treat
// a text as one element of a path. Some proxies decode slashes before they look at
// the path.
func isPathElement(element string) bool {
	return element != "" && element != "." && element != ".." && utf8.ValidString(element) &&
		!strings.ContainsFunc(element, func(r rune) bool { return r == '/' || r == '\\' || unicode.IsControl(r) })
}

// failure describes a request without a response. If err is not an *Error, the
// context ended during the pause after an attempt. The error then includes the result
// of that attempt, which decides whether the request may have arrived.
func (c *Client) failure(ctx context.Context, r Request, target *url.URL, a *attempt, err error) error {
	failed := Error{Kind: KindNoResponse}
	known, ok := errors.AsType[*Error](err)
	switch {
	case ok:
		failed = *known
	case a.response != nil:
		return c.refusal(ctx, r, target, a)
	case a.err != nil:
		failed = *a.err
		failed.Err = err
	default:
		failed.Err = err
	}
	failed.Method, failed.Path, failed.Host = r.Method, Printable(target.Path), c.base.Host
	failed.Attempts, failed.CredentialOrigin, failed.Scheme = a.count, c.credentialOrigin, c.scheme()
	redact := c.redact.with(r.Secrets)
	failed.Message = redact.printable(failed.Message)
	if failed.Kind == KindProxy {
		failed.Proxy = c.proxy
	}
	_, failed.IsHostNotFound = errors.AsType[*net.DNSError](failed.Err)
	if failed.Err != nil && !errors.Is(failed.Err, context.Canceled) && !errors.Is(failed.Err, context.DeadlineExceeded) {
		failed.Err = errors.New(redact.printable(failed.Err.Error()))
	}
	return &failed
}

// refusal describes a response whose status is not 2xx. It wraps the context's error
// if only the end of the context prevented a retry.
func (c *Client) refusal(ctx context.Context, r Request, target *url.URL, a *attempt) error {
	redact := c.redact.with(r.Secrets)
	message := redact.messageOf(a.response.Header.Get("Content-Type"), a.body, len(a.body) == maxErrorBodySize)
	refused := &Error{
		Kind: KindStatus, Method: r.Method, Path: Printable(target.Path), Host: c.base.Host,
		Status: a.response.StatusCode, Message: message.printable, IsJSONError: message.isJSON, raw: func() string { return message.raw },
		Attempts: a.count, CredentialOrigin: c.credentialOrigin, Scheme: c.scheme(), SchemeOrigin: c.schemeOrigin,
		Challenge: challenge(a.response.Header),
	}
	switch {
	case refused.Status >= 300 && refused.Status < 400:
		refused.Kind, refused.Message = KindRedirect, redact.printable(redirectMessage(target, a.response.Header.Get("Location")))
	case refused.Status == http.StatusProxyAuthRequired:
		refused.Kind, refused.Proxy = KindProxy, c.proxy
	case target.Scheme == "http" && requiresHTTPS(refused.Status, message.raw):
		refused.Kind, refused.TLS, refused.Message = KindTLS, TLSRequired, tlsRequiredMessage
	case c.isCredentialFailure(refused.Status, message.raw):
		refused.Kind = KindCredentials
	}
	if mayRetry(r.IsRetryable, refused.Kind, refused.Status) {
		refused.Err = ctx.Err()
	}
	return refused
}

// challenge returns the scheme of the WWW-Authenticate header (RFC 9110, section
// 11.6.1) in lower case, or "" if the provider does not support it.
func challenge(header http.Header) string {
	scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(header.Get("WWW-Authenticate"))), " ")
	switch scheme {
	case "basic", "jupyterhub", "negotiate":
		return scheme
	default:
		return ""
	}
}

// decodeError describes a response of the wrong type. start is the beginning of the
// body.
func decodeError(r Request, contentType string, start []byte, redact redactor, err error) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	want := r.Want
	if want == "" {
		want = "a response"
	}
	text := "expected " + want + " as JSON, got "
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		text += "a JSON " + mismatch.Value
		if mismatch.Field != "" {
			text += " in " + mismatch.Field
		}
	} else {
		message := redact.messageOf(contentType, bytes.TrimSpace(start), len(start) == maxBodyStartSize)
		switch {
		case len(bytes.TrimSpace(start)) == 0:
			text += "nothing"
		case message.printable == "", r.ConfidentialMember != "" && bytes.Contains(start, []byte(`"`+r.ConfidentialMember+`"`)):
			text += describeContentType(contentType)
		default:
			text += describeContentType(contentType) + ": " + message.printable
		}
	}
	return &Error{Kind: KindBody, Message: text}
}

func describeContentType(contentType string) string {
	if contentType == "" {
		return "a response without a content type"
	}
	return contentType
}
