// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package kerberos

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner refuses a file that another user may have written. The default
// credential cache has a predictable name in /tmp, so another user can create it
// first. With the tickets of that file, the provider would act as another user. The
// rule for owners is that of the MIT library for .k5login
// (src/lib/krb5/os/localauth_k5login.c): the user or root. The library itself creates
// caches with mode 0600 (src/lib/krb5/ccache/cc_file.c).
func checkOwner(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if user := os.Geteuid(); stat.Uid != 0 && int64(stat.Uid) != int64(user) {
		return fmt.Errorf("%w: its owner is the user with ID %d, and Terraform runs as the user with ID %d", errUntrustedOwner, stat.Uid, user)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("%w: other users can write it (mode %04o). Run `chmod 600` on it", errUntrustedOwner, mode)
	}
	return nil
}
