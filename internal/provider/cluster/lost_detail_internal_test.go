// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

// TestLostResponseDetail_isOnlyAsCertainAsTheLookups checks that an interrupted create, which
// had time for only a few lookups, never concludes that nothing was made.
func TestLostResponseDetail_isOnlyAsCertainAsTheLookups(t *testing.T) {
	t.Parallel()
	const mostLikely, mayRun, incomplete = "Most likely nothing was made", "A cluster may run and cost money", "this list may be incomplete"
	listed := []gateway.Cluster{{Name: "prod.0123", Status: gateway.StatusRunning}}
	for label, test := range map[string]struct {
		lost     gateway.AdoptError
		expected []string
	}{
		"nothing":                             {gateway.AdoptError{}, []string{mostLikely}},
		"not forwarded":                       {gateway.AdoptError{WasNotForwarded: true}, []string{mostLikely}},
		"started later":                       {gateway.AdoptError{Later: listed}, []string{mostLikely, "prod.0123"}},
		"candidates":                          {gateway.AdoptError{Candidates: listed}, []string{"prod.0123"}},
		"not listed":                          {gateway.AdoptError{ListError: errors.New("502")}, []string{mayRun}},
		"interrupted":                         {gateway.AdoptError{WasInterrupted: true}, []string{mayRun}},
		"interrupted, not forwarded":          {gateway.AdoptError{WasInterrupted: true, WasNotForwarded: true}, []string{mayRun}},
		"interrupted, started later":          {gateway.AdoptError{WasInterrupted: true, WasNotForwarded: true, Later: listed}, []string{mayRun}},
		"interrupted, candidates":             {gateway.AdoptError{WasInterrupted: true, Candidates: listed}, []string{mayRun, incomplete, "prod.0123"}},
		"restarted":                           {gateway.AdoptError{MayBeIncomplete: true}, []string{mayRun}},
		"restarted, started later":            {gateway.AdoptError{MayBeIncomplete: true, WasNotForwarded: true, Later: listed}, []string{mayRun}},
		"restarted, candidates":               {gateway.AdoptError{MayBeIncomplete: true, Candidates: listed}, []string{mayRun, incomplete, "prod.0123"}},
		"not forwarded, not listed":           {gateway.AdoptError{WasNotForwarded: true, ListError: errors.New("502")}, []string{mayRun}},
		"interrupted, not listed, candidates": {gateway.AdoptError{WasInterrupted: true, ListError: errors.New("502")}, []string{mayRun}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			test.lost.Cause = errors.New("the response was lost")
			detail := lostResponseDetail(&test.lost)
			for _, phrase := range test.expected {
				if !strings.Contains(detail, phrase) {
					t.Errorf("%q is missing: %s", phrase, detail)
				}
			}
			if strings.Contains(detail, mostLikely) && strings.Contains(detail, mayRun) {
				t.Errorf("the detail contradicts itself: %s", detail)
			}
			if strings.Contains(detail, incomplete) != (test.lost.WasInterrupted || test.lost.MayBeIncomplete) && len(test.lost.Candidates) > 0 {
				t.Errorf("an incomplete list is not described as such, or a complete one is: %s", detail)
			}
		})
	}
}
