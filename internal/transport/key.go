// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// SchemeKey is a key in a header of its own.
const SchemeKey Scheme = "key"

type keyAuth struct {
	name string
	key  secret.String
}

// KeyAuth is a key in the header of that name, as Azure API Management takes a
// subscription's: "Ocp-Apim-Subscription-Key".
func KeyAuth(name string, key secret.String) Auth { return keyAuth{name: name, key: key} }

func (a keyAuth) Authorization(context.Context) (string, error) { return a.key.Reveal(), nil }

func (a keyAuth) Scheme() Scheme { return SchemeKey }

func (a keyAuth) Secrets() []string { return []string{a.key.Reveal()} }

// headerOf is the header that credentials go into.
func headerOf(a Auth) string {
	if key, ok := a.(keyAuth); ok {
		return key.name
	}
	return "Authorization"
}
