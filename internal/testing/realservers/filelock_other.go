// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !linux && !darwin

package realservers

import (
	"context"
	"errors"
)

// lockFile always fails: dask-gateway-server has packages for Linux and macOS only.
func lockFile(context.Context, string) (unlock func(), err error) {
	return nil, errors.New("dask-gateway-server runs on Linux and macOS only")
}
