// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// Limits on the certificates that the system trusts, far above any real ones.
const (
	maxCertificateFileSize = 8 << 20
	maxCertificatesSize    = 16 << 20
	maxCertificateFiles    = 10_000
)

// checkSystemCertificates reads the files of SSL_CERT_FILE and SSL_CERT_DIR before Go
// does (crypto/x509/root_unix.go). Go reads them without a limit, and the read cannot
// be cancelled: a pipe would block the first request for ever.
func checkSystemCertificates(ctx context.Context, env environment.Variables) []Problem {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return nil
	}
	var problems []Problem
	size := 0
	check := func(variable, path string) {
		// Files above the limit are not read, so that many large files take no time.
		if size > maxCertificatesSize {
			return
		}
		text, err := localfile.Read(ctx, path, maxCertificateFileSize)
		if size += len(text); size > maxCertificatesSize {
			err = fmt.Errorf("%w: the limit is %s for all files together", localfile.ErrTooLarge, localfile.FormatSize(maxCertificatesSize))
		}
		if errors.Is(err, localfile.ErrTooLarge) || errors.Is(err, localfile.ErrNotRegular) && !localfile.IsDir(path) {
			problems = append(problems, certificateProblem(variable, path, err))
		}
	}
	if file, _ := env.Lookup("SSL_CERT_FILE"); file != "" {
		check("SSL_CERT_FILE", file)
	}
	folders, _ := env.Lookup("SSL_CERT_DIR")
	for _, folder := range filepath.SplitList(folders) {
		entries, err := localfile.ReadDir(ctx, folder, maxCertificateFiles)
		if errors.Is(err, localfile.ErrTooLarge) {
			problems = append(problems, certificateProblem("SSL_CERT_DIR", folder, err))
		}
		for _, entry := range entries {
			if !entry.IsDir() {
				check("SSL_CERT_DIR", filepath.Join(folder, entry.Name()))
			}
		}
	}
	return problems
}

func certificateProblem(variable, path string, err error) Problem {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return Problem{
		Origin:  environment.Describe(variable),
		Summary: "Could not read the certificates that this system trusts",
		Detail:  "The file " + path + " cannot be read: " + err.Error() + ".",
	}
}
