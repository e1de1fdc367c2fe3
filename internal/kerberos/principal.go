// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"strings"
	"unicode"

	"github.com/jcmturner/gokrb5/v8/types"
)

// maxVisibleLength is the number of characters that a message shows of a name.
const maxVisibleLength = 100

// principal is a client or a service of a realm.
type principal struct {
	name  types.PrincipalName
	realm string
}

// String returns the principal as NAME@REALM for messages.
func (p principal) String() string {
	return visibleName(p.name.PrincipalNameString() + "@" + p.realm)
}

// matches reports whether the principal is the one that a user configured as NAME or
// NAME@REALM. An empty name matches every principal.
func (p principal) matches(configured string) bool {
	name, realm := splitPrincipal(configured)
	return (name == "" || name == p.name.PrincipalNameString()) && (realm == "" || realm == p.realm)
}

// splitPrincipal splits NAME@REALM. The realm may be missing.
func splitPrincipal(configured string) (name, realm string) {
	separator := strings.LastIndexByte(configured, '@')
	if separator < 0 {
		return configured, ""
	}
	return configured[:separator], configured[separator+1:]
}

// visibleName converts a name from a file to a text that is safe to print: short, and
// without control characters.
func visibleName(name string) string {
	var visible strings.Builder
	for i, r := range []rune(name[:min(len(name), 4*maxVisibleLength)]) {
		if i == maxVisibleLength {
			visible.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		visible.WriteRune(r)
	}
	return visible.String()
}
