// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package realservers installs the real Dask Gateway and JupyterHub, at pinned
// versions, and runs them on free loopback ports for tests and demonstrations.
// Their clusters are real scheduler and worker processes of the same user.
package realservers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// startTimeout is far beyond what a start takes (about four seconds on an idle
// machine with two cores).
const startTimeout = 90 * time.Second

// The ways in which the gateway knows its users.
const (
	// JupyterHub starts a JupyterHub with the gateway as its service
	// "dask-gateway" at /services/dask-gateway/.
	JupyterHub = "jupyterhub"
	// Basic starts a gateway alone, without a path prefix, that takes any user
	// name with the one password.
	Basic = "basic"
	// Kerberos starts such a gateway that takes tickets, and the KDC that has
	// them: see StartKerberos.
	Kerberos = "kerberos"
)

// Config says what to start.
type Config struct {
	// Dir is the scratch folder for logs and databases, which is kept to be
	// looked at; the next stack in it begins anew. Empty means a temporary
	// folder that goes with the servers.
	Dir string
	// Auth is JupyterHub, the default, or Basic; StartKerberos has its own.
	Auth string
	// MaxWorkers is the gateway's cluster_max_workers; 0 means no limit.
	MaxWorkers int
	// MaxStarts is how many servers the Hub lets start at a time; 0 means its own
	// limit.
	MaxStarts int
	// Users are made with a token each; none means alice. With Basic they need
	// not be made, and only the first one counts, as the user of Python.
	Users []string

	// Hub is an older JupyterHub; the zero value is the newest. Behind JupyterHub 1
	// the gateway asks for no scope.
	Hub HubInstallation

	// kerberos is the KDC's installation, for Kerberos.
	kerberos *KerberosInstallation
	// apiserver is the path of the program with which the gateway has the
	// Kubernetes backend; without it, it has the local one.
	apiserver string
}

// Stack is a set of running servers.
type Stack struct {
	// HubURL is JupyterHub's, with its trailing slash; empty with Basic.
	HubURL string
	// GatewayURL is the address that clients give to Gateway(), with its
	// trailing slash.
	GatewayURL string
	// ProxyAddress is where schedulers are reached: gateway://HOST:PORT.
	ProxyAddress string
	// Password is every user's with Basic, else empty.
	Password string
	// AdminToken is a Hub service's token that may manage users, their servers
	// and their tokens; empty with Basic.
	AdminToken string
	// Dir is the scratch folder, with hub.log and gateway.log.
	Dir string
	// Bin is the folder of the python that has dask_gateway and distributed.
	Bin string

	inst       Installation
	auth       string
	user       string
	users      []string
	supervisor *supervisor
	kube       *kube
	realm      *realm

	mu     sync.Mutex
	tokens map[string]string
}

// errPortTaken marks a start that failed because somebody else took a port
// between its choice and its use.
var errPortTaken = errors.New("a chosen port was taken in the meantime")

// Start starts the servers and returns when they answer. They run until Stop,
// or until this process ends, in whatever way; ctx bounds the start only.
func Start(ctx context.Context, inst Installation, cfg Config) (*Stack, error) {
	if cfg.Auth == "" {
		cfg.Auth = JupyterHub
	}
	if cfg.Auth != JupyterHub && cfg.Auth != Basic && (cfg.Auth != Kerberos || cfg.kerberos == nil) {
		return nil, fmt.Errorf("start the real servers: no such way to authenticate: %q", cfg.Auth)
	}
	if len(cfg.Users) == 0 {
		cfg.Users = []string{"alice"}
	}
	for tries := 1; ; tries++ {
		stack, err := start(ctx, inst, cfg)
		if err == nil {
			return stack, nil
		}
		if tries == 3 || !errors.Is(err, errPortTaken) {
			return nil, fmt.Errorf("start the real servers: %w", err)
		}
	}
}

func start(ctx context.Context, inst Installation, cfg Config) (_ *Stack, err error) {
	dir, remove := cfg.Dir, false
	if dir == "" {
		if dir, err = os.MkdirTemp("", "pc-servers-"); err != nil {
			return nil, err
		}
		remove = true
	}
	// Servers and clusters have each their own working folder.
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	plan, err := newLayout(ctx, inst, cfg, dir)
	if err == nil {
		err = plan.write()
	}
	if err != nil {
		if remove {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return nil, err
	}

	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	waiting, cancelTimeout := context.WithTimeoutCause(waiting, startTimeout, fmt.Errorf("no answer after %s", startTimeout))
	defer cancelTimeout()

	stack := plan.stack()
	stack.supervisor, err = supervise(ctx, inst.python(), task{Directory: dir, Remove: remove, Servers: plan.servers()},
		func(name string, code int) { cancel(fmt.Errorf("the process %s ended with exit code %d", name, code)) })
	if err != nil {
		if remove {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return nil, err
	}
	if err := stack.bringUp(waiting); err != nil {
		if cause := context.Cause(waiting); cause != nil {
			err = cause
		}
		err = fmt.Errorf("%w\n%s", err, stack.Logs())
		if strings.Contains(err.Error(), "ddress already in use") || strings.Contains(err.Error(), "EADDRINUSE") {
			err = errors.Join(errPortTaken, err)
		}
		stack.Stop()
		return nil, err
	}
	return stack, nil
}

// bringUp starts what could not start at once, and returns when all answer.
func (s *Stack) bringUp(ctx context.Context) error {
	if s.kube != nil {
		if err := s.kube.bringUp(ctx, s.supervisor); err != nil {
			return err
		}
	}
	if s.realm != nil {
		if err := s.realm.answers(ctx); err != nil {
			return err
		}
	}
	return s.awaitReady(ctx)
}

// Kill sends SIGKILL to one server, "gateway" or "hub", and its proxy, and
// returns when it has ended. The clusters' schedulers and workers run on.
func (s *Stack) Kill(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return s.supervisor.killServer(ctx, name)
}

// Restart starts a server that Kill has ended, at the address it had, and
// returns when it answers. The gateway knows the clusters that it had.
func (s *Stack) Restart(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer after %s", startTimeout))
	defer cancel()
	if err := s.supervisor.order("start", name); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return fmt.Errorf("restart %s: %w\n%s", name, errors.Join(err, context.Cause(ctx)), s.Logs())
	}
	return nil
}

// Stop ends every process of the stack and returns when they are gone, and with
// them the scratch folder if it was a temporary one. It may be called twice.
func (s *Stack) Stop() {
	if s.kube != nil {
		s.kube.close()
	}
	s.supervisor.stop(strings.TrimPrefix(s.ProxyAddress, "gateway://"))
}

// Logs returns the last lines of what each server wrote, if it wrote any.
func (s *Stack) Logs() string {
	var parts []string
	for _, name := range []string{"supervisor", "etcd", "apiserver", "kubelet", "controller", "kdc", "hub", "gateway"} {
		if err := logError(s.Dir, name); err != nil {
			parts = append(parts, err.Error())
		}
	}
	return strings.Join(parts, "\n\n")
}
