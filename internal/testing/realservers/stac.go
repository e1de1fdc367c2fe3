// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// STAC is a running STAC API: rustac's, which stores its collections in memory.
type STAC struct {
	// URL is the address of the API, without a trailing slash.
	URL string

	supervisor *supervisor
}

// StartSTAC starts a STAC API with these collections, as JSON by ID, and returns when it
// responds. It runs until Stop or until this process exits.
func StartSTAC(ctx context.Context, inst Installation, collections map[string]string) (_ *STAC, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no response after %s", startTimeout))
	defer cancel()
	dir, err := os.MkdirTemp("", "pc-stac-")
	if err != nil {
		return nil, fmt.Errorf("start the STAC API: %w", err)
	}
	s := &STAC{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the STAC API: %w", err), logError(dir, "stac"))
			s.Stop()
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	addresses, err := freeAddresses(ctx, 1)
	if err != nil {
		return nil, err
	}
	s.URL = "http://" + addresses[0]
	command := []string{filepath.Join(filepath.Dir(inst.python()), "rustac"), "serve", "--addr", addresses[0]}
	for id, text := range collections {
		file := filepath.Join(dir, id+".json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		command = append(command, file)
	}
	ended := make(chan error, 2)
	s.supervisor, err = supervise(ctx, inst.python(), task{Directory: dir, Remove: true, Servers: []server{{Name: "stac", Command: command}}},
		func(name string, code int) { ended <- fmt.Errorf("the process %s ended with exit code %d", name, code) })
	if err != nil {
		return nil, err
	}
	return s, s.awaitResponse(ctx, ended)
}

// Stop stops the server.
func (s *STAC) Stop() {
	if s.supervisor != nil {
		s.supervisor.stop("")
		s.supervisor = nil
	}
}

func (s *STAC) awaitResponse(ctx context.Context, ended <-chan error) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/", http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			return response.Body.Close()
		}
		select {
		case err := <-ended:
			return err
		default:
		}
		if err := clock.Real().Sleep(ctx, 50*time.Millisecond); err != nil {
			return context.Cause(ctx)
		}
	}
}
