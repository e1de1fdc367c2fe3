// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeoCatalogJob_readsTheContainer runs the job's functions for workers
// against a container with two pages of files, which accepts only the SAS token.
func TestGeoCatalogJob_readsTheContainer(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	page := func(name string, size int, marker string) string {
		return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob><Name>%s</Name><Properties><Content-Length>%d</Content-Length></Properties></Blob></Blobs><NextMarker>%s</NextMarker></EnumerationResults>`, name, size, marker)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		body := ""
		switch {
		case query.Get("sig") != "s1g=" || query.Get("sp") != "rl" || r.Header.Get("X-Ms-Version") == "":
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == "/fires-1/a b/1.tif":
			body = "twelve bytes"
		case r.URL.Path != "/fires-1" || query.Get("restype") != "container" || query.Get("comp") != "list":
			w.WriteHeader(http.StatusNotFound)
		case query.Get("marker") == "":
			body = page("a b/1.tif", 12, "page 2")
		case query.Get("marker") == "page 2":
			body = page("2.tif", 7, "")
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	cmd := exec.CommandContext(t.Context(), python, "-c", "import job, json; print(json.dumps([job.list_files(), job.read_file('a b/1.tif')]))")
	cmd.Dir = filepath.Join(repositoryRoot, "examples", "geocatalog")
	cmd.Env = []string{
		"PYTHONDONTWRITEBYTECODE=1", "AZURE_STORAGE_ACCOUNT_NAME=account1", "AZURE_STORAGE_CONTAINER=fires-1",
		"AZURE_STORAGE_SAS_TOKEN=?sp=rl&sig=s1g%3D", "AZURE_STORAGE_BLOB_ENDPOINT=" + server.URL,
	}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var got any
	if err := json.Unmarshal(output, &got); err != nil || fmt.Sprint(got) != "[[[a b/1.tif 12] [2.tif 7]] 12]" {
		t.Errorf("got %v, %v", got, err)
	}
}
