// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// backendConfig configures Terraform's HTTP backend, which stores a remote state. The
// first command in a new folder must be terraform init.
const backendConfig = `
terraform {
  backend "http" {
    address        = %[1]q
    lock_address   = %[1]q
    unlock_address = %[1]q
  }
}
`

// startBackend starts a server on loopback that stores one state for Terraform's HTTP
// backend. It grants every lock, because only one command runs at a time.
func startBackend() *httptest.Server {
	var (
		mu    sync.Mutex
		state []byte
	)
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch r.Method {
		case http.MethodGet:
			if state == nil {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			_, _ = w.Write(state)
		case http.MethodPost:
			state = body
		case "LOCK", "UNLOCK":
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
}
