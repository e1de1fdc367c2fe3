// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// kerberosLock names the Debian packages of the KDC, in the version that Debian has, and
// the Python package with which the gateway uses them.
//
//go:embed lock-kerberos
var kerberosLock embed.FS

// ErrNoDebian means that this machine cannot install the KDC, because it lacks Debian's
// tools or a C compiler.
var ErrNoDebian = errors.New("the real KDC needs Debian's apt-get and dpkg-deb, and gcc")

// KerberosInstallation is a folder with a KDC and the gateway's Kerberos binding.
type KerberosInstallation struct {
	dir string
	// library is the folder of the shared libraries.
	library string
}

// InstallKerberos unpacks Debian's packages of the KDC into a folder of the user's cache,
// without installing them, and builds the gateway's Kerberos binding, unless the folder
// is complete already. It needs Debian's apt-get and dpkg-deb and a C compiler, but not
// root's permissions.
func InstallKerberos(ctx context.Context, inst Installation, log io.Writer) (KerberosInstallation, error) {
	if missing := missingPrograms("apt-get", "dpkg-deb", "gcc"); len(missing) > 0 {
		return KerberosInstallation{}, fmt.Errorf("%w; not found: %s", ErrNoDebian, strings.Join(missing, ", "))
	}
	packages, err := kerberosLock.ReadFile("lock-kerberos/packages.txt")
	if err != nil {
		return KerberosInstallation{}, err
	}
	requirements, err := kerberosLock.ReadFile("lock-kerberos/requirements.txt")
	if err != nil {
		return KerberosInstallation{}, err
	}
	// The binding works with the Python of the installation only.
	name := sha256.Sum256([]byte(inst.dir + "\n" + string(packages) + string(requirements)))
	k := KerberosInstallation{dir: inst.dir + "-kerberos-" + hex.EncodeToString(name[:])[:8]}
	err = installOnce(ctx, k.dir, "a Kerberos KDC", "half a minute", log, func() error {
		return k.install(ctx, inst, strings.Fields(string(packages)))
	})
	if err != nil {
		return KerberosInstallation{}, err
	}
	err = k.findLibraries()
	return k, err
}

func (k KerberosInstallation) root(elements ...string) string {
	return filepath.Join(append([]string{k.dir, "root"}, elements...)...)
}

// findLibraries finds the folder that is named after the machine.
func (k *KerberosInstallation) findLibraries() error {
	found, err := filepath.Glob(k.root("usr", "lib", "*", "libkrb5.so.3"))
	if err != nil || len(found) != 1 {
		return errors.Join(fmt.Errorf("%d libraries libkrb5.so.3 below %s, want one", len(found), k.root()), err)
	}
	k.library = filepath.Dir(found[0])
	return nil
}

func (k *KerberosInstallation) install(ctx context.Context, inst Installation, packages []string) error {
	if err := unpackDebian(ctx, k.dir, packages); err != nil {
		return err
	}
	if err := k.findLibraries(); err != nil {
		return err
	}
	return k.build(ctx, inst)
}

// build builds the Python package against the unpacked headers and libraries.
func (k *KerberosInstallation) build(ctx context.Context, inst Installation) error {
	lock := filepath.Join(k.dir, "requirements.txt")
	text, err := kerberosLock.ReadFile("lock-kerberos/requirements.txt")
	if err != nil {
		return err
	}
	if err := os.WriteFile(lock, text, 0o600); err != nil {
		return err
	}
	return runWithEnvironment(ctx, k.dir, []string{
		"PATH=" + k.root("usr", "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"CFLAGS=-I" + k.root("usr", "include") + " -I" + k.root("usr", "include", "mit-krb5"),
		"LDFLAGS=-L" + k.library + " -L" + filepath.Join(k.library, "mit-krb5"),
	}, inst.python(), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-binary=pykerberos",
		"--require-hashes", "--target", k.site(), "--requirement", lock)
}

func (k KerberosInstallation) site() string { return filepath.Join(k.dir, "site") }
