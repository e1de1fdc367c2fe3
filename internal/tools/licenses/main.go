// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command licenses writes the licences and notices of Go and of every module that
// is linked into a release of the provider on one of the platforms. It fails if a
// module has no licence file.
//
//	licenses -out FILE linux/amd64 windows/amd64 …
package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is a module in the module cache.
type module struct{ path, version, folder string }

// licenseFile matches the names of files that a distribution must include.
var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-](txt|md|mit|apache|bsd).*)?$`)

func main() {
	file := flag.String("out", "", "the file to write")
	flag.Parse()
	var text bytes.Buffer
	err := run(context.Background(), &text, flag.Args())
	if err == nil {
		err = os.WriteFile(*file, text.Bytes(), 0o644) //nolint:gosec // every user may read it
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, output *bytes.Buffer, platforms []string) error {
	distribution, err := toolchain(ctx)
	if err != nil {
		return err
	}
	modules := []module{distribution}
	for _, platform := range platforms {
		linked, err := linkedModules(ctx, platform)
		if err != nil {
			return err
		}
		modules = append(modules, linked...)
	}
	slices.SortFunc(modules, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	modules = slices.CompactFunc(modules, func(a, b module) bool { return a.path == b.path })
	fmt.Fprintln(output, "terraform-provider-pc contains the software below, under these licences.")
	for _, each := range modules {
		if err := printLicenses(output, each); err != nil {
			return err
		}
	}
	return nil
}

// linkedModules lists the modules of the packages that the provider imports on a
// platform.
func linkedModules(ctx context.Context, platform string) ([]module, error) {
	goos, goarch, found := strings.Cut(platform, "/")
	if !found {
		return nil, fmt.Errorf("%q is not a platform such as linux/amd64", platform)
	}
	listed, err := goCommand(ctx, []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"},
		"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", platform, err)
	}
	var modules []module
	for line := range strings.Lines(listed) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		modules = append(modules, module{path: fields[0], version: fields[1], folder: fields[2]})
	}
	return modules, nil
}

// toolchain describes the Go distribution, whose standard library is linked too.
func toolchain(ctx context.Context) (module, error) {
	output, err := goCommand(ctx, nil, "env", "GOVERSION", "GOROOT")
	if err != nil {
		return module{}, err
	}
	version, root, _ := strings.Cut(strings.TrimSpace(output), "\n")
	return module{path: "Go", version: version, folder: root}, nil
}

func goCommand(ctx context.Context, environment []string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", arguments...) //nolint:gosec // a fixed command with platforms of the caller
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", arguments[0], err)
	}
	return string(output), nil
}

// printLicenses prints the licence files in the root of a module. It returns an error if
// there is no licence, even if there are notices.
func printLicenses(output *bytes.Buffer, of module) error {
	entries, err := os.ReadDir(of.folder)
	if err != nil {
		return err
	}
	hasLicence := false
	for _, entry := range entries {
		if entry.IsDir() || !licenseFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(of.folder, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(output, "\n%s\n%s %s, %s\n\n%s\n", strings.Repeat("=", 80), of.path, of.version, entry.Name(), bytes.TrimSpace(text))
		name := strings.ToLower(entry.Name())
		hasLicence = hasLicence || strings.HasPrefix(name, "licen") || strings.HasPrefix(name, "copying")
	}
	if !hasLicence {
		return fmt.Errorf("%s %s has no licence file in %s", of.path, of.version, of.folder)
	}
	return nil
}
