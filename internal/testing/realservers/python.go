// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Environ returns the variables, NAME=value, with which Python's dask_gateway.Gateway()
// needs no argument and acts as the given user, as in the Hub's notebook servers. The
// user must have a token.
func (s *Stack) Environ(user string) []string {
	environ := []string{
		"DASK_GATEWAY__ADDRESS=" + s.GatewayURL,
		"DASK_GATEWAY__PROXY_ADDRESS=" + s.ProxyAddress,
		"DASK_GATEWAY__AUTH__TYPE=" + s.auth,
	}
	if s.auth == Kerberos {
		for name, value := range s.realm.variables() {
			environ = append(environ, name+"="+value)
		}
		return append(environ, "KRB5CCNAME=FILE:"+s.realm.cache(user))
	}
	if s.auth == Basic {
		return append(environ,
			"DASK_GATEWAY__AUTH__KWARGS__USERNAME="+user,
			"DASK_GATEWAY__AUTH__KWARGS__PASSWORD="+s.Password)
	}
	return append(environ,
		"JUPYTERHUB_API_TOKEN="+s.Token(user),
		"JUPYTERHUB_API_URL="+s.HubURL+"hub/api",
		"JUPYTERHUB_USER="+user)
}

// Python runs a script with the installed Python packages and returns its output. The
// script has the Environ of the stack's first user; env, NAME=value, takes precedence.
// The error of a failed script includes its traceback.
func (s *Stack) Python(ctx context.Context, script string, env ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.inst.python(), "-c", script) //nolint:gosec // scripts of our own tests
	cmd.Dir = s.Dir
	for name, value := range s.inst.environment(s.Dir) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, s.Environ(s.user)...)
	cmd.Env = append(cmd.Env, env...)
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.Bytes(), fmt.Errorf("run Python: %w\n%s", err, tail(stderr.Bytes(), 40))
	}
	return stdout.Bytes(), nil
}

// environment is the complete environment of the servers and Python scripts. It
// excludes this machine's Dask, Jupyter and proxy settings.
func (i Installation) environment(dir string) map[string]string {
	return map[string]string{
		"PATH":             filepath.Dir(i.python()) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME":             filepath.Join(dir, "home"),
		"TMPDIR":           filepath.Join(dir, "tmp"),
		"LANG":             "C.UTF-8",
		"PYTHONUNBUFFERED": "1",
	}
}
