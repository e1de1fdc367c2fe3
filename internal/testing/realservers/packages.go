// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/sha256"
	_ "embed" // for the lock file
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// geoCatalogLock pins Microsoft's client of a GeoCatalog. It has a separate environment, so
// that its packages do not affect the servers.
//
//go:embed lock-geocatalog/requirements.txt
var geoCatalogLock []byte

// InstallGeoCatalogClient installs azure-planetarycomputer into a folder of the user's
// cache, unless it is installed already, and returns the path of its Python.
func InstallGeoCatalogClient(ctx context.Context, inst Installation, log io.Writer) (string, error) {
	name := sha256.Sum256([]byte(inst.dir + "\n" + string(geoCatalogLock)))
	dir := fmt.Sprintf("%s-geocatalog-%s", inst.dir, hex.EncodeToString(name[:])[:8])
	return filepath.Join(dir, "venv", "bin", "python"), installPackages(ctx, inst, dir, "azure-planetarycomputer", geoCatalogLock, log)
}

// installPackages installs Python packages into a virtual environment in a folder, unless
// they are installed already. It uses the Python of the installation. Processes that
// install at the same time wait for each other.
func installPackages(ctx context.Context, inst Installation, dir, name string, requirements []byte, log io.Writer) error {
	return installOnce(ctx, dir, name, "half a minute", log, func() error { return createEnvironment(ctx, inst, dir, requirements) })
}

func createEnvironment(ctx context.Context, inst Installation, dir string, requirements []byte) error {
	lock := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(lock, requirements, 0o600); err != nil {
		return err
	}
	if err := run(ctx, dir, inst.python(), "-m", "venv", "venv"); err != nil {
		return err
	}
	return run(ctx, dir, filepath.Join(dir, "venv", "bin", "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--only-binary=:all:", "--require-hashes", "--requirement", lock)
}
