// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lockFiles pins every Python and Node package by hash, without the address of a
// registry. requirements.in explains how to generate requirements.txt. The command for
// package-lock.json is npm install --package-lock-only
// --omit-lockfile-registry-resolved.
//
//go:embed lock
var lockFiles embed.FS

// checkPython prints the version of the interpreter, which the installation depends on.
// It fails if Python is too old for the pinned packages or cannot create virtual
// environments.
const checkPython = `import sys, venv, ensurepip
assert sys.version_info >= (3, 11)
print(*sys.version_info[:2], sys.executable)`

// Installation is a folder with the servers and their Python client.
type Installation struct {
	dir string
}

// Install installs the pinned servers into a folder of the user's cache, unless they are
// installed already. The folder is named after the hash of the lock files. Install needs
// python3 (3.11 or later, with venv), node and npm; its error lists those that are
// missing. It writes its progress to log. Processes that install at the same time wait
// for each other.
func Install(ctx context.Context, log io.Writer) (Installation, error) {
	python, err := prerequisites(ctx)
	if err != nil {
		return Installation{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return Installation{}, fmt.Errorf("no cache folder to install the real servers in: %w", err)
	}
	name, err := lockHash(python)
	if err != nil {
		return Installation{}, err
	}
	servers := filepath.Join(cache, "terraform-provider-pc", "servers")
	if err := os.MkdirAll(servers, 0o750); err != nil {
		return Installation{}, fmt.Errorf("install the real servers: %w", err)
	}
	inst := Installation{dir: filepath.Join(servers, name)}
	err = installOnce(ctx, inst.dir, "Dask Gateway and JupyterHub", "a minute or two", log, func() error { return inst.install(ctx) })
	return inst, err
}

// installOnce calls install with an empty folder, unless the folder is complete already.
// Processes that install at the same time wait for each other.
func installOnce(ctx context.Context, dir, name, duration string, log io.Writer, install func() error) error {
	// A folder without this file is incomplete.
	marker := filepath.Join(dir, "complete")
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	unlock, err := lockFile(ctx, dir+".lock")
	if err != nil {
		return fmt.Errorf("wait for another installation of %s: %w", name, err)
	}
	defer unlock()
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	_, _ = fmt.Fprintf(log, "Installing %s into %s (once; %s)\n", name, dir, duration)
	err = os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o750)
	}
	if err == nil {
		err = install()
	}
	if err != nil {
		return fmt.Errorf("install %s into %s: %w", name, dir, err)
	}
	return os.WriteFile(marker, nil, 0o600)
}

// prerequisites returns the identity of the Python interpreter, or an error that lists
// everything that is missing.
func prerequisites(ctx context.Context) (string, error) {
	var missing []string
	python, err := exec.CommandContext(ctx, "python3", "-c", checkPython).Output()
	if err != nil {
		missing = append(missing, "python3 (3.11 or later, with the venv module)")
	}
	missing = append(missing, missingPrograms("node", "npm")...)
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("the real servers (Dask Gateway, JupyterHub) need python3, node and npm on PATH; not found: %s",
			strings.Join(missing, ", "))
	}
	return string(python), nil
}

// missingPrograms returns the programs that are not on PATH.
func missingPrograms(names ...string) []string {
	var missing []string
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	return missing
}

// lockHash returns the name of an installation. It depends on the lock files and on
// Python.
func lockHash(python string) (string, error) {
	hash := sha256.New()
	_, _ = io.WriteString(hash, python)
	err := fs.WalkDir(lockFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := lockFiles.ReadFile(path)
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the embedded lock files: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

func (i Installation) python() string { return filepath.Join(i.dir, "venv", "bin", "python") }

// Bin is the folder of the python that has dask and distributed, and of the command dask.
func (i Installation) Bin() string { return filepath.Dir(i.python()) }

func (i Installation) configurableHTTPProxy() string {
	return filepath.Join(i.dir, "lock", "node_modules", ".bin", "configurable-http-proxy")
}

// install installs the Node and the Python packages at the same time.
func (i Installation) install(ctx context.Context) error {
	if err := os.CopyFS(i.dir, lockFiles); err != nil {
		return err
	}
	lock := filepath.Join(i.dir, "lock")

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	node := make(chan error, 1)
	go func() { node <- run(ctx, lock, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error") }()
	err := run(ctx, i.dir, "python3", "-m", "venv", "venv")
	if err == nil {
		err = run(ctx, i.dir, i.python(), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
			"--only-binary=:all:", "--require-hashes", "--requirement", filepath.Join(lock, "requirements.txt"))
	}
	if err != nil {
		cancel()
	}
	return errors.Join(err, <-node)
}

// run runs a command and includes the end of its output in the error.
func run(ctx context.Context, dir, name string, args ...string) error {
	return runWithEnvironment(ctx, dir, nil, name, args...)
}

// runWithEnvironment is run with variables, NAME=value, that take precedence over the environment.
func runWithEnvironment(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the callers name python, npm and pip
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, tail(output, 20))
	}
	return nil
}

// tail returns the last lines of a text.
func tail(text []byte, lines int) string {
	all := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
