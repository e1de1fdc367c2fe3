// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package mockprocess runs the built-in mock in a separate process, so that its time and
// memory do not count as the provider's.
package mockprocess

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// mockArgument is the first argument of a program that runs as the mock.
const mockArgument = "mock"

// user owns the clusters.
const user = "alice"

// Mock is a running mock with clusters.
type Mock struct {
	mockStart
	input     io.WriteCloser
	responses *json.Decoder
	process   *exec.Cmd
}

// mockStart is the first line that the mock prints.
type mockStart struct {
	Address, Token string
	// Names are the names of the running clusters.
	Names []string
}

// Start runs this program a second time as a mock. Its main function calls Serve.
func Start(ctx context.Context, clusters int) (*Mock, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, mockArgument, strconv.Itoa(clusters)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m := &Mock{input: input, responses: json.NewDecoder(output), process: cmd}
	if err := m.responses.Decode(&m.mockStart); err != nil {
		m.Close()
		return nil, fmt.Errorf("the mock did not start: %w", err)
	}
	return m, nil
}

// Requests returns the number of requests since the last call.
func (m *Mock) Requests() (int, error) {
	if _, err := m.input.Write([]byte{'\n'}); err != nil {
		return 0, err
	}
	var requests int
	err := m.responses.Decode(&requests)
	return requests, err
}

// Close stops the mock.
func (m *Mock) Close() {
	_ = m.input.Close()
	_ = m.process.Wait()
}

// Serve runs the mock if Start started this process, and otherwise returns false. It prints
// the mock's address and, for each byte of its input, the number of requests. It
// returns at the end of the input.
func Serve() (bool, error) {
	if len(os.Args) != 3 || os.Args[1] != mockArgument {
		return false, nil
	}
	clusters, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return true, err
	}
	server, err := mockserver.Start(mockserver.Config{StartDelay: time.Nanosecond, StopDelay: time.Nanosecond, WorkerDelay: time.Nanosecond})
	if err != nil {
		return true, err
	}
	defer server.Close()
	started := mockStart{Address: server.GatewayURL(), Token: server.NewToken(user)}
	for range clusters {
		started.Names = append(started.Names, server.AddCluster(user, map[string]any{"worker_cores": 2, "worker_memory": 16}))
	}
	responses := json.NewEncoder(os.Stdout)
	if err := responses.Encode(started); err != nil {
		return true, err
	}
	oneByte := make([]byte, 1)
	for {
		_, err := os.Stdin.Read(oneByte)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		if err := responses.Encode(len(server.Requests())); err != nil {
			return true, err
		}
		server.ClearRequests()
	}
}
