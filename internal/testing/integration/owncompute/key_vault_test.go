// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package owncompute_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	metadataService = "http://169.254.169.254"
	vault           = "https://example.vault.azure.net"
	vaultKey        = "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----"
)

// azureServices simulates the metadata service and the Key Vault, and records their
// requests. The vault returns 403 until the identity is allowed.
type azureServices struct {
	mu       sync.Mutex
	requests []string
	status   int
	secret   string
}

func (a *azureServices) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Metadata")+r.Header.Get("Authorization"))
	response := fmt.Sprintf(`{"value": %q, "id": "x"}`, a.secret)
	switch {
	case strings.HasPrefix(r.URL.Path, "/metadata/"):
		response = `{"access_token": "t0ken", "expires_in": "86399", "token_type": "Bearer"}`
	case a.status == http.StatusFound:
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(a.status)
	case a.status != http.StatusOK:
		w.WriteHeader(a.status)
	}
	_, _ = w.Write([]byte(response))
}

// The program sends its requests to local servers instead of Azure.
func TestFetchKey_writesTheKeyOnlyIfAllowed(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("../../../cloudinit/testdata/cloud_init/worker_key_vault.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config cloudConfig
	if err := yaml.Unmarshal(golden, &config); err != nil {
		t.Fatal(err)
	}
	program := ""
	for _, file := range config.WriteFiles {
		if file.Path == "/etc/dask/fetch-key" {
			program = file.Content
		}
	}
	for _, address := range []string{metadataService, vault + "/", "/etc/dask/tls/key.pem"} {
		if !strings.Contains(program, address) {
			t.Fatalf("%s is not in the program:\n%s", address, program)
		}
	}
	wantRequests := []string{
		"GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=11111111-2222-3333-4444-555555555555 true",
		"GET /secrets/dask-key/0123456789abcdef0123456789abcdef?api-version=7.4 Bearer t0ken",
	}
	for name, each := range map[string]struct {
		status int
		secret string
	}{
		"allowed":         {http.StatusOK, vaultKey},
		"in base64":       {http.StatusOK, base64.StdEncoding.EncodeToString([]byte(vaultKey))},
		"not allowed yet": {http.StatusForbidden, vaultKey},
		"redirected":      {http.StatusFound, vaultKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := &azureServices{status: each.status, secret: each.secret}
			server := httptest.NewServer(cloud)
			defer server.Close()
			folder := t.TempDir()
			localProgram := strings.NewReplacer(metadataService, server.URL, vault+"/", server.URL+"/", "/etc/dask/tls", filepath.Join(folder, "tls")).Replace(program)
			cmd := exec.CommandContext(t.Context(), "python3", "-c", localProgram)
			output, err := cmd.CombinedOutput()
			got, _ := os.ReadFile(filepath.Join(folder, "tls", "key.pem"))
			if allowed := each.status == http.StatusOK; (err == nil) != allowed || allowed && string(got) != vaultKey+"\n" || !allowed && got != nil {
				t.Errorf("%v, key %q\n%s", err, got, output)
			}
			if strings.Contains(string(output), "t0ken") {
				t.Errorf("the token is in the journal:\n%s", output)
			}
			if !slices.Equal(cloud.requests, wantRequests) {
				t.Errorf("requests %q", cloud.requests)
			}
		})
	}
}
