// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Recorder compares the responses that cases record with the files in a folder, or
// rewrites the files.
type Recorder struct {
	dir    string
	update bool

	mu      sync.Mutex
	written map[string]bool
}

// NewRecorder returns a recorder for the folder. With update it writes the first
// response for each file and compares the later ones.
func NewRecorder(dir string, update bool) *Recorder {
	return &Recorder{dir: dir, update: update, written: map[string]bool{}}
}

// recording is a file in the folder.
type recording struct {
	Server      string `json:"server"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	// Body is a JSON body, Text any other body.
	Body json.RawMessage `json:"body,omitempty"`
	Text string          `json:"text,omitempty"`
}

// record compares the response with the recorded response of the exchange.
func (r *Recorder) record(x Exchange, got *receivedResponse, s *session) error {
	if r == nil || x.Record == "" {
		return nil
	}
	text, err := encode(x, got, s)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	file := filepath.Join(r.dir, x.Record)
	if r.update && !r.written[x.Record] {
		r.written[x.Record] = true
		return os.WriteFile(file, text, 0o644) //nolint:gosec // a file of the repository, readable for everyone
	}
	recorded, err := os.ReadFile(file) //nolint:gosec // the names come from the table
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist: record it with the integration test of this package and -update", file)
	}
	if err == nil && !bytes.Equal(recorded, text) {
		return fmt.Errorf("the response differs from the recorded one in %s\n  got  %s\n  want %s", file, text, recorded)
	}
	return err
}

func encode(x Exchange, got *receivedResponse, s *session) ([]byte, error) {
	path, err := expand(x.Request.Path, s.value(context.Background()))
	if err != nil {
		return nil, err
	}
	body := got.body
	if x.Response.Object != nil {
		if body, err = sortKeys(body); err != nil {
			return nil, err
		}
	}
	path, body, _ = strings.Cut(normalise(path+"\x00"+body, s.caseUser), "\x00")
	out := recording{Server: "gateway", Method: x.Request.Method, Path: path, Status: got.status, ContentType: got.header.Get("Content-Type")}
	if x.Request.Base == hubBase {
		out.Server = "hub"
	}
	if json.Valid([]byte(body)) {
		out.Body = json.RawMessage(body)
	} else {
		out.Text = body
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(out)
	return text.Bytes(), err
}

// sortKeys sorts the keys of an object and writes it with the servers' separators.
func sortKeys(object string) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		return "", err
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(members)) {
		parts = append(parts, fmt.Sprintf("%q: %s", key, members[key]))
	}
	return "{" + strings.Join(parts, ", ") + "}", nil
}

var (
	certificateText = regexp.MustCompile(placeholderKinds["certificate"])
	keyText         = regexp.MustCompile(placeholderKinds["key"])
	scopeLists      = regexp.MustCompile(`"scopes": \[([^\]]*)\]`)
)

// variableTexts are texts that differ between runs, with the format of their
// replacement, which numbers them within a response. isEach numbers every
// occurrence, otherwise equal texts have the same number.
var variableTexts = []struct {
	expression *regexp.Regexp
	format     string
	isEach     bool
}{
	{regexp.MustCompile(`\b` + placeholderKinds["hex"] + `\b`), "%032x", false},
	{regexp.MustCompile(`\b` + placeholderKinds["ms"] + `\b`), "17672256%02d000", true},
	{regexp.MustCompile(placeholderKinds["time"]), "2026-01-01T00:00:%02d.000000Z", true},
	{regexp.MustCompile(`\b` + placeholderKinds["id"] + `\b`), "a%d", false},
}

// normalise replaces secrets and everything that differs between runs.
func normalise(text, userName string) string {
	text = certificateText.ReplaceAllLiteralString(text, `-----BEGIN CERTIFICATE-----\nthis+is+a+fake\n-----END CERTIFICATE-----\n`)
	text = keyText.ReplaceAllLiteralString(text, `-----BEGIN PRIVATE KEY-----\nthis+is+a+fake\n-----END PRIVATE KEY-----\n`)
	text = strings.ReplaceAll(text, userName, alice)
	text = scopeLists.ReplaceAllStringFunc(text, func(list string) string {
		scopes := strings.Split(scopeLists.FindStringSubmatch(list)[1], ", ")
		slices.Sort(scopes)
		return `"scopes": [` + strings.Join(scopes, ", ") + `]`
	})
	for _, n := range variableTexts {
		seen, count := map[string]string{}, 0
		text = n.expression.ReplaceAllStringFunc(text, func(found string) string {
			if seen[found] == "" || n.isEach {
				count++
				seen[found] = fmt.Sprintf(n.format, count)
			}
			return seen[found]
		})
	}
	return text
}
