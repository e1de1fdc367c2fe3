// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package lazy creates values at their first use. Terraform starts a provider several
// times for a command, and a process needs few of the regular expressions of this
// provider. To compile all of them would take a seventh of its start-up time.
package lazy

import (
	"regexp"
	"sync"
)

// Regexp returns a function that compiles the expression when it is called for the
// first time. It panics then if the expression is invalid. It is safe for concurrent use.
//
// It is not inlined, because a copy at each of its calls adds 90 kB to the binary.
//
//go:noinline
func Regexp(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
