// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"net/http"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// SchemeBearer stands for a token that a third service issues and that changes while the
// provider runs, such as one of Microsoft Entra.
const SchemeBearer Scheme = "bearer"

// TokenSource returns a token that is valid now. It must be safe for concurrent use, and
// it must cache: the client calls it for each attempt.
type TokenSource func(ctx context.Context) (secret.String, error)

type bearerAuth struct{ source TokenSource }

// BearerAuth sends a token as RFC 6750 describes: "Bearer TOKEN".
func BearerAuth(source TokenSource) Auth { return bearerAuth{source: source} }

func (a bearerAuth) Authorization(ctx context.Context) (string, error) {
	token, err := a.token(ctx)
	return "Bearer " + token.Reveal(), err
}

func (a bearerAuth) Scheme() Scheme { return SchemeBearer }

// Secrets returns nothing: the token is unknown when the client is created. The client
// masks it in each request, see withToken.
func (a bearerAuth) Secrets() []string { return nil }

func (a bearerAuth) token(ctx context.Context) (secret.String, error) {
	token, err := a.source(ctx)
	if err != nil {
		return token, &Error{Kind: KindCredentials, Message: err.Error(), Err: ctx.Err()}
	}
	return token, nil
}

// withToken adds the current token to the texts to mask, because a server may quote it.
func (c *Client) withToken(ctx context.Context, r Request) (Request, error) {
	auth, isBearer := c.auth.(bearerAuth)
	if !isBearer || r.IsAnonymous {
		return r, nil
	}
	token, err := auth.token(ctx)
	if err != nil {
		return r, err
	}
	r.Secrets = append(slices.Clone(r.Secrets), token.Reveal())
	return r, nil
}

// NewHTTPClient returns a plain client with the certificates, the proxy and the
// limits of a Config, for libraries that send their own requests. It follows no
// redirect.
func NewHTTPClient(cfg Config) (*http.Client, error) {
	chooseProxy, err := proxyFor(cfg)
	if err != nil {
		return nil, err
	}
	httpTransport, err := newHTTPTransport(cfg, chooseProxy, newRedactor(nil, cfg.Proxy))
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     httpTransport,
		Timeout:       orDefault(cfg.RequestTimeout, DefaultRequestTimeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
