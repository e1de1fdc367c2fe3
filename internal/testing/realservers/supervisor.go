// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// stopTimeout limits how long the supervisor may take to kill all processes.
const stopTimeout = 20 * time.Second

//go:embed servers/supervise.py
var superviseScript string

// task is the supervisor's first line of input; see supervise.py.
type task struct {
	Directory string   `json:"directory"`
	Remove    bool     `json:"remove"`
	Servers   []server `json:"servers"`
}

type server struct {
	Name        string            `json:"name"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"`
	// With is a part of the command of those children that are killed with the server.
	With string `json:"with"`
	// Later delays the start until a command starts it.
	Later bool `json:"later"`
}

// supervisor is the process between this process and the servers. It runs until its
// standard input is closed. A panic, os.Exit or SIGKILL of this process therefore stops
// the servers and all processes that they have started.
type supervisor struct {
	input io.WriteCloser
	kill  func() error
	ended chan struct{}
	// scratch is the folder to remove after the stop, or empty.
	scratch string
	// isOrphaned is true if the supervisor was killed. It is set when the supervisor has
	// exited.
	isOrphaned bool

	mu sync.Mutex
	// stopping contains a channel for each server that received SIGKILL and is still
	// running.
	stopping map[string]chan struct{}
}

// supervise starts the servers. It calls onExit from another goroutine for each one that
// exits.
func supervise(ctx context.Context, python string, t task, onExit func(name string, code int)) (*supervisor, error) {
	line, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("describe the servers: %w", err)
	}
	logFile, err := os.Create(filepath.Join(t.Directory, "supervisor.log"))
	if err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	defer func() { _ = logFile.Close() }()

	// The servers outlive the context that they were started with.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), python, "-I", "-S", "-c", superviseScript) //nolint:gosec // the installed python and our own script
	cmd.Stderr = logFile
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	s := &supervisor{input: input, kill: cmd.Process.Kill, ended: make(chan struct{}), stopping: map[string]chan struct{}{}}
	if t.Remove {
		s.scratch = t.Directory
	}
	go func() {
		defer close(s.ended)
		events := bufio.NewScanner(output)
		for events.Scan() {
			var event struct {
				Server string `json:"server"`
				Exit   int    `json:"exit"`
			}
			if json.Unmarshal(events.Bytes(), &event) == nil && !s.isExpectedExit(event.Server) {
				onExit(event.Server, event.Exit)
			}
		}
		if err := cmd.Wait(); err != nil {
			s.isOrphaned = true
			onExit("supervisor", cmd.ProcessState.ExitCode())
		}
	}()
	if _, err := input.Write(append(line, '\n')); err != nil {
		err = errors.Join(err, logError(t.Directory, "supervisor"))
		s.stop("")
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	return s, nil
}

// isExpectedExit reports whether killServer waits for this exit, and notifies it.
func (s *supervisor) isExpectedExit(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	exit, isExpected := s.stopping[name]
	if isExpected {
		close(exit)
		delete(s.stopping, name)
	}
	return isExpected
}

// killServer sends SIGKILL to a running server and returns when it has exited.
func (s *supervisor) killServer(ctx context.Context, name string) error {
	exit := make(chan struct{})
	s.mu.Lock()
	s.stopping[name] = exit
	s.mu.Unlock()
	if err := s.send("kill", name); err != nil {
		return err
	}
	select {
	case <-exit:
		return nil
	case <-s.ended:
		return fmt.Errorf("kill %s: the servers have been stopped", name)
	case <-ctx.Done():
		return fmt.Errorf("kill %s: %w", name, context.Cause(ctx))
	}
}

// send sends the supervisor a command for a server.
func (s *supervisor) send(verb, name string) error {
	line, err := json.Marshal(map[string]string{verb: name})
	if err == nil {
		_, err = s.input.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", verb, name, err)
	}
	return nil
}

// stop stops the servers and returns when all their processes have exited. Servers whose
// supervisor was killed exit by themselves; the last one when the address no longer
// responds.
func (s *supervisor) stop(last string) {
	_ = s.input.Close()
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		_ = s.kill()
		<-s.ended
	}
	if s.scratch == "" {
		return
	}
	if s.isOrphaned {
		// The gateway needs its database to stop its clusters.
		awaitClosed(last)
	}
	// It has exited already, unless the supervisor itself was killed.
	_ = os.RemoveAll(s.scratch)
}

// awaitClosed returns when no process listens on the address, or after a while.
func awaitClosed(address string) {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var dialer net.Dialer
	for {
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return
		}
		_ = connection.Close()
		if clock.Real().Sleep(ctx, 50*time.Millisecond) != nil {
			return
		}
	}
}

// logError returns the last lines of a server's log, or nil if the log is empty.
func logError(dir, name string) error {
	text, err := os.ReadFile(filepath.Join(dir, name+".log")) //nolint:gosec // our own scratch folder
	if err != nil || len(text) == 0 {
		return nil //nolint:nilerr // a server that wrote no log has no last lines
	}
	return fmt.Errorf("%s.log ends with:\n%s", name, tail(text, 25))
}
