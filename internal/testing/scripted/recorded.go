// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Recorded returns a response that a real server sent: FILE.json in
// internal/testing/contract/testdata, whose README describes the files. It fails
// the test if the response is from a server of another kind, "gateway" or "hub".
// The test's package is a folder of internal.
func Recorded(t *testing.T, server, file string) Reply {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testing", "contract", "testdata", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var response struct {
		Server      string          `json:"server"`
		Status      int             `json:"status"`
		ContentType string          `json:"content_type"`
		Body        json.RawMessage `json:"body"`
		Text        string          `json:"text"`
	}
	if err := json.Unmarshal(raw, &response); err != nil || response.Server != server {
		t.Fatalf("%s: server %q, want %q, %v", file, response.Server, server, err)
	}
	if response.Body != nil {
		response.Text = string(response.Body)
	}
	return Reply{Status: response.Status, ContentType: response.ContentType, Body: response.Text}
}

// RecordedTime returns what replaces the nth time in a recorded response.
func RecordedTime(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC) }
