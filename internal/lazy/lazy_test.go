// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package lazy_test

import (
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

func TestRegexp_compilesAtTheFirstCallOnly(t *testing.T) {
	t.Parallel()
	expression := lazy.Regexp(`^[a-z]+$`)
	if first := expression(); !first.MatchString("abc") || first.MatchString("1") || first != expression() {
		t.Errorf("got %v, then another one", first)
	}
	invalid := lazy.Regexp(`(`)
	defer func() {
		if recover() == nil {
			t.Error("an invalid expression did not panic")
		}
	}()
	invalid()
}
