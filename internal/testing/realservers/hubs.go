// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// hubLocks pins a JupyterHub of each older major version. The folder lock pins the
// newest.
//
//go:embed lock-jupyterhub
var hubLocks embed.FS

// HubInstallation is a folder with an older JupyterHub. The zero value is the one that
// Install installs.
type HubInstallation struct {
	dir   string
	major int
}

// InstallHub installs the JupyterHub of a major version, from 1 to 5, into a folder of
// the user's cache, unless it is installed already.
func InstallHub(ctx context.Context, inst Installation, major int, log io.Writer) (HubInstallation, error) {
	requirements, err := hubLocks.ReadFile(fmt.Sprintf("lock-jupyterhub/%d.txt", major))
	if err != nil {
		return HubInstallation{}, fmt.Errorf("there is no JupyterHub %d to install: %w", major, err)
	}
	// The Hub uses the Python of the installation.
	name := sha256.Sum256([]byte(inst.dir + "\n" + string(requirements)))
	hub := HubInstallation{dir: fmt.Sprintf("%s-jupyterhub-%d-%s", inst.dir, major, hex.EncodeToString(name[:])[:8]), major: major}
	unlock, err := lockFile(ctx, hub.dir+".lock")
	if err != nil {
		return HubInstallation{}, fmt.Errorf("wait for another installation of JupyterHub %d: %w", major, err)
	}
	defer unlock()
	marker := filepath.Join(hub.dir, "complete")
	if _, err := os.Stat(marker); err == nil {
		return hub, nil
	}
	if err := hub.install(ctx, inst, requirements, log); err != nil {
		return HubInstallation{}, fmt.Errorf("install JupyterHub %d into %s: %w", major, hub.dir, err)
	}
	return hub, os.WriteFile(marker, nil, 0o600)
}

func (h HubInstallation) install(ctx context.Context, inst Installation, requirements []byte, log io.Writer) error {
	_, _ = fmt.Fprintf(log, "Installing JupyterHub %d into %s (once; half a minute)\n", h.major, h.dir)
	if err := os.RemoveAll(h.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(h.dir, 0o750); err != nil {
		return err
	}
	lock := filepath.Join(h.dir, "requirements.txt")
	if err := os.WriteFile(lock, requirements, 0o600); err != nil {
		return err
	}
	if err := run(ctx, h.dir, inst.python(), "-m", "venv", "venv"); err != nil {
		return err
	}
	return run(ctx, h.dir, filepath.Join(h.bin(), "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--only-binary=:all:", "--require-hashes", "--requirement", lock)
}

func (h HubInstallation) bin() string { return filepath.Join(h.dir, "venv", "bin") }
