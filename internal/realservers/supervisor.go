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
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// stopTimeout is how long the supervisor may take to kill everything.
const stopTimeout = 20 * time.Second

//go:embed servers/supervise.py
var superviseScript string

// task is the supervisor's only line of input; see supervise.py.
type task struct {
	Directory string   `json:"directory"`
	Remove    bool     `json:"remove"`
	Servers   []server `json:"servers"`
}

type server struct {
	Name        string            `json:"name"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"`
}

// supervisor is the process between this one and the servers. It lives as long
// as this process holds its standard input, so a panic, os.Exit or SIGKILL here
// ends the servers and everything they have started.
type supervisor struct {
	input io.Closer
	kill  func() error
	ended chan struct{}
	// scratch is the folder to remove in the end, or empty.
	scratch string
}

// supervise starts the servers. onExit is called from another goroutine for
// each one that ends.
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
	s := &supervisor{input: input, kill: cmd.Process.Kill, ended: make(chan struct{})}
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
			if json.Unmarshal(events.Bytes(), &event) == nil {
				onExit(event.Server, event.Exit)
			}
		}
		if err := cmd.Wait(); err != nil {
			onExit("supervisor", cmd.ProcessState.ExitCode())
		}
	}()
	if _, err := input.Write(append(line, '\n')); err != nil {
		err = errors.Join(err, logError(t.Directory, "supervisor"))
		s.stop()
		return nil, fmt.Errorf("start the servers: %w", err)
	}
	return s, nil
}

// stop ends the servers and returns when all their processes are gone.
func (s *supervisor) stop() {
	_ = s.input.Close()
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		_ = s.kill()
		<-s.ended
	}
	if s.scratch != "" {
		// Gone already, unless the supervisor itself was killed.
		_ = os.RemoveAll(s.scratch)
	}
}

// logError holds the last lines of a server's log; nil when there are none.
func logError(dir, name string) error {
	text, err := os.ReadFile(filepath.Join(dir, name+".log")) //nolint:gosec // our own scratch folder
	if err != nil || len(text) == 0 {
		return nil //nolint:nilerr // a server that wrote no log has no last lines
	}
	return fmt.Errorf("%s.log ends with:\n%s", name, tail(text, 25))
}
