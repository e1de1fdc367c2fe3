// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// cloudInitPackages are cloud-init and the Python packages that it needs and that the
// installation of the servers does not contain.
var cloudInitPackages = []string{"cloud-init", "python3-configobj", "python3-six", "python3-jsonpatch", "python3-json-pointer", "python3-oauthlib"}

// ErrNoAPT means that this machine cannot install Debian packages.
var ErrNoAPT = errors.New("this needs Debian's apt-get and dpkg-deb")

// InstallCloudInit unpacks Debian's cloud-init into a folder of the user's cache, unless
// the folder is complete already, and returns the folder of its Python packages. It does
// not install the package. Without Debian's tools it returns ErrNoAPT.
func InstallCloudInit(ctx context.Context, inst Installation, log io.Writer) (string, error) {
	if missing := missingPrograms("apt-get", "dpkg-deb"); len(missing) > 0 {
		return "", fmt.Errorf("%w; not found: %s", ErrNoAPT, strings.Join(missing, ", "))
	}
	name := sha256.Sum256([]byte(strings.Join(cloudInitPackages, " ")))
	dir := inst.dir + "-cloud-init-" + hex.EncodeToString(name[:])[:8]
	packages := filepath.Join(dir, "root", "usr", "lib", "python3", "dist-packages")
	return packages, installOnce(ctx, dir, "cloud-init", "a few seconds", log, func() error { return unpackDebian(ctx, dir, cloudInitPackages) })
}

// unpackDebian downloads the current Debian versions of packages and unpacks them into
// the folder root in dir.
func unpackDebian(ctx context.Context, dir string, packages []string) error {
	for _, folder := range []string{"root", "packages", "apt/lists/partial", "apt/cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o750); err != nil {
			return err
		}
	}
	// Separate package lists need no permissions on the machine's own.
	apt := []string{
		"-qq", "-o", "Dir::State::Lists=" + filepath.Join(dir, "apt/lists"), "-o", "Dir::Cache=" + filepath.Join(dir, "apt/cache"), "-o", "APT::Sandbox::User=",
	}
	if err := run(ctx, dir, "apt-get", append(apt, "update")...); err != nil {
		return err
	}
	debs := filepath.Join(dir, "packages")
	if err := run(ctx, debs, "apt-get", append(append(apt, "download"), packages...)...); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range found {
		if err := run(ctx, dir, "dpkg-deb", "-x", deb, filepath.Join(dir, "root")); err != nil {
			return err
		}
	}
	return errors.Join(os.RemoveAll(debs), os.RemoveAll(filepath.Join(dir, "apt")))
}
