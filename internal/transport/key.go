// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// SchemeKey stands for a key in a separate header.
const SchemeKey Scheme = "key"

type keyAuth struct {
	name string
	key  secret.String
}

// KeyAuth sends a key in the named header. Azure API Management expects a
// subscription key in "Ocp-Apim-Subscription-Key".
func KeyAuth(name string, key secret.String) Auth { return keyAuth{name: name, key: key} }

func (a keyAuth) Authorization(context.Context) (string, error) { return a.key.Reveal(), nil }

func (a keyAuth) Scheme() Scheme { return SchemeKey }

func (a keyAuth) Secrets() []string { return []string{a.key.Reveal()} }

// headerOf returns the name of the header for credentials.
func headerOf(a Auth) string {
	if key, ok := a.(keyAuth); ok {
		return key.name
	}
	return "Authorization"
}
