// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package main

import "syscall"

// terminateWithParent requests a SIGTERM from the kernel at the end of the parent. Linux
// also sends it when only the parent's thread exits (prctl(2), PR_SET_PDEATHSIG).
// If the request fails, the kernel sends no signal.
func terminateWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0)
}
