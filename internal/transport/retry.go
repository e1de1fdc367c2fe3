// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// retryAfterFactor times RetryWaitMax is the longest Retry-After honoured.
const retryAfterFactor = 6

// newRetryClient configures go-retryablehttp. Its defaults would retry a POST that
// may have arrived, and would wait for any Retry-After.
func (c *Client) newRetryClient(cfg Config, httpTransport http.RoundTripper) *retryablehttp.Client {
	delays := backoff{
		shortest: orDefault(cfg.RetryWaitMin, defaultRetryWaitMin),
		longest:  orDefault(cfg.RetryWaitMax, defaultRetryWaitMax),
		clock:    clock.OrReal(cfg.Clock),
		jitter:   cfg.Jitter,
	}
	if delays.jitter == nil {
		delays.jitter = randomJitter
	}
	return &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: httpTransport, CheckRedirect: refuseRedirects},
		RetryMax:   max(cfg.MaxRetries, 0),
		CheckRetry: c.checkRetry,
		Backoff: func(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
			if response == nil {
				return delays.delay(attempt, 0, "")
			}
			return delays.delay(attempt, response.StatusCode, response.Header.Get("Retry-After"))
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: func(r *http.Request) error {
			if attemptOf(r.Context()).request.IsAnonymous {
				return nil
			}
			// The previous attempt may still be writing its headers.
			r.Header = r.Header.Clone()
			return c.authorize(r)
		},
	}
}

// checkRetry has go-retryablehttp's signature. It retries nothing after the end of
// the context. mayRetry decides about everything else.
func (c *Client) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	a := attemptOf(ctx)
	if ctx.Err() != nil || createScopeFrom(ctx, a.request).Err() != nil {
		return false, nil //nolint:nilerr // the error of the request is more specific than the context's
	}
	if err != nil {
		kind, status := kindOf(err)
		return mayRetry(a.request.IsRetryable, kind, status) && !isHostNotFound(err), nil
	}
	message := c.redact.messageOf(response.Header.Get("Content-Type"), a.body, false)
	kind := KindStatus
	switch {
	case response.StatusCode == http.StatusProxyAuthRequired:
		kind = KindProxy
	case c.isCredentialFailure(response.StatusCode, message.raw):
		kind = KindCredentials
	}
	return mayRetry(a.request.IsRetryable, kind, response.StatusCode), nil
}

// mayRetry decides whether a request is sent again. status is 0 if there was no
// response. A request that may have arrived is retried only if it is retryable. A
// request that certainly did not arrive, or that a rate limit refused, is always
// retried.
func mayRetry(retryable bool, kind Kind, status int) bool {
	switch kind {
	case KindUnreachable:
		return true
	case KindProxy:
		return status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
	case KindNoResponse:
		return retryable
	case KindStatus:
	default:
		return false
	}
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retryable
	default:
		return false
	}
}

// isHostNotFound reports whether the host's name does not exist, so that retries
// would fail too.
func isHostNotFound(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}

type backoff struct {
	shortest, longest time.Duration
	clock             clock.Clock
	// jitter is Config.Jitter or randomJitter.
	jitter func(longest time.Duration) time.Duration
}

func randomJitter(longest time.Duration) time.Duration {
	return rand.N(longest + 1) //nolint:gosec // jitter needs no unpredictable numbers
}

// delay returns the pause after an attempt (0 is the first) that ended with status,
// or 0 for none. It doubles each time, with jitter so that clients do not return all
// at once. A Retry-After header makes it longer, up to a limit, but never shorter: a
// date in the past by this machine's clock may be in the future by the server's.
func (b backoff) delay(attempt, status int, header string) time.Duration {
	ceiling := b.longest
	if attempt < 16 {
		ceiling = min(b.longest, b.shortest<<attempt)
	}
	half := ceiling / 2
	pause := half + b.jitter(half)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		pause = max(pause, min(retryAfter(header, b.clock.Now()), retryAfterFactor*b.longest))
	}
	return pause
}

// retryAfter parses the two forms of the header, seconds and a date (RFC 9110,
// section 10.2.3). It returns 0 for anything else, and a negative duration for a date
// in the past.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return at.Sub(now)
	}
	return 0
}
