// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package realservers installs the real Dask Gateway and JupyterHub at pinned versions
// and runs them on free loopback ports for tests and demos. Clusters are real scheduler
// and worker processes of the same operating system user.
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

// startTimeout is much longer than a start takes (about four seconds on an idle machine
// with two cores).
const startTimeout = 90 * time.Second

// The authentication methods of the gateway.
const (
	// JupyterHub starts a JupyterHub with the gateway as its service
	// "dask-gateway" at /services/dask-gateway/.
	JupyterHub = "jupyterhub"
	// Basic starts only a gateway, without a path prefix, that accepts any user name
	// with the same password.
	Basic = "basic"
	// Kerberos starts a gateway that accepts tickets, and the KDC that issues them: see
	// StartKerberos.
	Kerberos = "kerberos"
)

// Config describes the stack to start.
type Config struct {
	// Dir is the folder for logs and databases. It stays for inspection, and the next
	// stack in it starts from scratch. Empty means a temporary folder that Stop removes.
	Dir string
	// Auth is JupyterHub, the default, or Basic. StartKerberos sets Kerberos.
	Auth string
	// MaxWorkers is the gateway's cluster_max_workers; 0 means no limit.
	MaxWorkers int
	// MaxStarts is the Hub's limit for servers that start at the same time; 0 means the
	// Hub's default.
	MaxStarts int
	// Users are created with one token each; none means alice. With Basic only the first
	// user matters, who runs Python.
	Users []string

	// Hub is an older JupyterHub; the zero value is the newest. Behind JupyterHub 1 the
	// gateway checks no scope.
	Hub HubInstallation

	// kerberos is the KDC's installation if Auth is Kerberos.
	kerberos *KerberosInstallation
	// apiserver is the path of the kube-apiserver for the Kubernetes backend. Empty
	// means the local backend.
	apiserver string
}

// Stack is a set of running servers.
type Stack struct {
	// HubURL is the address of JupyterHub, with a trailing slash; empty with Basic.
	HubURL string
	// GatewayURL is the address that clients pass to Gateway(), with a trailing slash.
	GatewayURL string
	// ProxyAddress is the address of the proxy to the schedulers: gateway://HOST:PORT.
	ProxyAddress string
	// Password is the password of every user with Basic, otherwise empty.
	Password string
	// AdminToken is the token of a Hub service that may manage users, their servers and
	// their tokens; empty with Basic.
	AdminToken string
	// Dir is the folder with hub.log and gateway.log.
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

// errPortTaken means that a start failed because another process took a port after
// freeAddresses had chosen it.
var errPortTaken = errors.New("a chosen port was taken in the meantime")

// Start starts the servers and returns when they respond. They run until Stop or until
// this process exits, however that happens. ctx limits only the start.
func Start(ctx context.Context, inst Installation, cfg Config) (*Stack, error) {
	if cfg.Auth == "" {
		cfg.Auth = JupyterHub
	}
	if cfg.Auth != JupyterHub && cfg.Auth != Basic && (cfg.Auth != Kerberos || cfg.kerberos == nil) {
		return nil, fmt.Errorf("start the real servers: unknown authentication %q", cfg.Auth)
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
	// Servers and clusters have separate working folders.
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
	waiting, cancelTimeout := context.WithTimeoutCause(waiting, startTimeout, fmt.Errorf("no response after %s", startTimeout))
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

// bringUp starts the remaining servers and returns when all of them respond.
func (s *Stack) bringUp(ctx context.Context) error {
	if s.kube != nil {
		if err := s.kube.bringUp(ctx, s.supervisor); err != nil {
			return err
		}
	}
	if s.realm != nil {
		if err := s.realm.await(ctx); err != nil {
			return err
		}
	}
	return s.awaitReady(ctx)
}

// Kill sends SIGKILL to one server, "gateway" or "hub", and to its proxy, and returns
// when it has exited. The schedulers and workers of clusters keep running.
func (s *Stack) Kill(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return s.supervisor.killServer(ctx, name)
}

// Restart starts a server after Kill, at the same address, and returns when it
// responds. The gateway reads its clusters from its database.
func (s *Stack) Restart(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no response after %s", startTimeout))
	defer cancel()
	if err := s.supervisor.send("start", name); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		return fmt.Errorf("restart %s: %w\n%s", name, errors.Join(err, context.Cause(ctx)), s.Logs())
	}
	return nil
}

// Stop stops every process of the stack and returns when they have exited. It removes
// the folder if it is a temporary one. It may be called twice.
func (s *Stack) Stop() {
	if s.kube != nil {
		s.kube.close()
	}
	s.supervisor.stop(strings.TrimPrefix(s.ProxyAddress, "gateway://"))
}

// Logs returns the last lines of each server's log.
func (s *Stack) Logs() string {
	var parts []string
	for _, name := range []string{"supervisor", "etcd", "apiserver", "kubelet", "controller", "kdc", "hub", "gateway"} {
		if err := logError(s.Dir, name); err != nil {
			parts = append(parts, err.Error())
		}
	}
	return strings.Join(parts, "\n\n")
}
