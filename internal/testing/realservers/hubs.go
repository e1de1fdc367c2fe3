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
		return HubInstallation{}, fmt.Errorf("no lock file for JupyterHub %d: %w", major, err)
	}
	// The Hub uses the Python of the installation.
	name := sha256.Sum256([]byte(inst.dir + "\n" + string(requirements)))
	hub := HubInstallation{dir: fmt.Sprintf("%s-jupyterhub-%d-%s", inst.dir, major, hex.EncodeToString(name[:])[:8]), major: major}
	return hub, installPackages(ctx, inst, hub.dir, fmt.Sprintf("JupyterHub %d", major), requirements, log)
}

func (h HubInstallation) bin() string { return filepath.Join(h.dir, "venv", "bin") }
