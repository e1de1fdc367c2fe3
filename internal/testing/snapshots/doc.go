// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package snapshots shows every diagnostic of the provider as a terminal shows it.
// Its tests provoke the diagnostics on the mock servers and compare them with the
// files in testdata/diagnostics. make diagnostics writes the files, so that a change
// of words is seen in review.
package snapshots
