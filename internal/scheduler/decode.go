// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scheduler

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
)

type wireCounts struct {
	Workers *int64 `json:"workers"`
}

// invalidReason returns what is wrong with the counts, or "".
func (w wireCounts) invalidReason() string {
	switch {
	case w.Workers == nil:
		return "the response has no number of workers"
	case *w.Workers < 0:
		return fmt.Sprintf("the response has the number of workers %d", *w.Workers)
	default:
		return ""
	}
}

type wireIdentity struct {
	Type    string  `json:"type"`
	Address string  `json:"address"`
	Started float64 `json:"started"`
	Threads int64   `json:"total_threads"`
	Memory  int64   `json:"total_memory"`
}

// year10000 is the first Unix time, in seconds, that RFC 3339 cannot represent.
const year10000 = 253402300800

// invalidReason returns what is wrong with the identity, or "".
func (w wireIdentity) invalidReason() string {
	switch {
	case w.Type != "Scheduler":
		return fmt.Sprintf("the response describes a %q", w.Type)
	case w.Address == "" || strings.ContainsFunc(w.Address, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }):
		return fmt.Sprintf("the response has the invalid address %.80q", w.Address)
	case w.Threads < 0 || w.Memory < 0:
		return "the response has a negative number of threads or bytes"
	case w.Started < 0 || w.Started >= year10000:
		return fmt.Sprintf("the response has the invalid start time %g", w.Started)
	default:
		return ""
	}
}

func (w wireIdentity) started() time.Time {
	whole, fraction := math.Modf(w.Started)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}
