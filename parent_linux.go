// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package main

import "syscall"

// terminateWithParent asks for a SIGTERM when the parent ends, a thread of it
// included (prctl(2), PR_SET_PDEATHSIG). Where that fails nobody sends one.
func terminateWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}
