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

// Recorder holds the answers that cases record against the files of a folder,
// or writes these files anew.
type Recorder struct {
	dir    string
	update bool

	mu      sync.Mutex
	written map[string]bool
}

// NewRecorder makes a recorder for the folder. With update the first answer of
// each name is written and only the later ones are compared.
func NewRecorder(dir string, update bool) *Recorder {
	return &Recorder{dir: dir, update: update, written: map[string]bool{}}
}

// recording is a file of the folder.
type recording struct {
	Server      string `json:"server"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	// Body is the body where that is JSON, Text where it is anything else.
	Body json.RawMessage `json:"body,omitempty"`
	Text string          `json:"text,omitempty"`
}

// record compares the answer with the recorded one of the exchange's name.
func (r *Recorder) record(x Exchange, got *answer, s *session) error {
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
		return os.WriteFile(file, text, 0o644) //nolint:gosec // a file of the repository, for everyone to read
	}
	known, err := os.ReadFile(file) //nolint:gosec // the names are those of the table
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not recorded yet: run the integration test of this package with -update", file)
	}
	if err == nil && !bytes.Equal(known, text) {
		return fmt.Errorf("the answer is not the recorded one of %s\n  got  %s\n  want %s", file, text, known)
	}
	return err
}

func encode(x Exchange, got *answer, s *session) ([]byte, error) {
	path, err := expand(x.Request.Path, s.value(context.Background()))
	if err != nil {
		return nil, err
	}
	body := got.body
	if x.Answer.Object != nil {
		if body, err = sortKeys(body); err != nil {
			return nil, err
		}
	}
	path, body, _ = strings.Cut(normal(path+"\x00"+body, s.loner), "\x00")
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

// sortKeys orders the keys of an object, with a blank behind commas and colons
// as the servers write it.
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
	certificateText = regexp.MustCompile(kinds["certificate"])
	keyText         = regexp.MustCompile(kinds["key"])
	scopeLists      = regexp.MustCompile(`"scopes": \[([^\]]*)\]`)
)

// numbered are the texts that differ from run to run, and what the first,
// second and so on of an answer is replaced by. Each time counts for itself,
// whether it differs or not; a name is the same one wherever it stands.
var numbered = []struct {
	expression *regexp.Regexp
	format     string
	each       bool
}{
	{regexp.MustCompile(`\b` + kinds["hex"] + `\b`), "%032x", false},
	{regexp.MustCompile(`\b` + kinds["ms"] + `\b`), "17672256%02d000", true},
	{regexp.MustCompile(kinds["time"]), "2026-01-01T00:00:%02d.000000Z", true},
	{regexp.MustCompile(`\b` + kinds["id"] + `\b`), "a%d", false},
}

// normal replaces what differs from run to run, and what looks like a secret.
func normal(text, loner string) string {
	text = certificateText.ReplaceAllLiteralString(text, `-----BEGIN CERTIFICATE-----\nthis+is+a+fake\n-----END CERTIFICATE-----\n`)
	text = keyText.ReplaceAllLiteralString(text, `-----BEGIN PRIVATE KEY-----\nthis+is+a+fake\n-----END PRIVATE KEY-----\n`)
	text = strings.ReplaceAll(text, loner, alice)
	text = scopeLists.ReplaceAllStringFunc(text, func(list string) string {
		scopes := strings.Split(scopeLists.FindStringSubmatch(list)[1], ", ")
		slices.Sort(scopes)
		return `"scopes": [` + strings.Join(scopes, ", ") + `]`
	})
	for _, n := range numbered {
		seen, count := map[string]string{}, 0
		text = n.expression.ReplaceAllStringFunc(text, func(found string) string {
			if seen[found] == "" || n.each {
				count++
				seen[found] = fmt.Sprintf(n.format, count)
			}
			return seen[found]
		})
	}
	return text
}
