// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !linux

package main

// terminateWithParent does nothing: only Linux can signal that the parent has exited.
func terminateWithParent() {}
