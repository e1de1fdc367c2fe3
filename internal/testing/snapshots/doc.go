// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package snapshots formats every diagnostic of the provider as Terraform prints it.
// Its tests provoke the diagnostics on the mock servers and compare them with the
// files in testdata/diagnostics. make diagnostics writes the files, so that a review
// shows every change of a text.
package snapshots
