// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bufio"
	"encoding/json"
	"io"
)

// NewDecoder reads the JSON that Python's json module writes: NaN, Infinity
// and -Infinity, which are no JSON (RFC 8259, section 6), become null. One
// cluster with such an option would otherwise make the list of all of them
// unreadable. Numbers inside an any are json.Number.
func NewDecoder(body io.Reader) *json.Decoder {
	decoder := json.NewDecoder(&finiteReader{source: bufio.NewReader(body)})
	decoder.UseNumber()
	return decoder
}

// finiteReader replaces the words outside strings that stand for numbers which
// are not finite.
type finiteReader struct {
	source            *bufio.Reader
	pending           []byte
	inString, escaped bool
}

// Read fills p as far as the source can without waiting for more.
func (f *finiteReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(f.pending) > 0 {
			taken := copy(p[n:], f.pending)
			f.pending = f.pending[taken:]
			n += taken
			continue
		}
		if n > 0 && f.source.Buffered() == 0 {
			break
		}
		next, err := f.source.ReadByte()
		if err != nil {
			return n, err
		}
		if f.beginsWord(next) {
			f.pending = f.word(next)
			continue
		}
		p[n] = next
		n++
	}
	return n, nil
}

// beginsWord follows the text into strings and out of them, and says whether
// the byte is the first of a word that may have to be replaced.
func (f *finiteReader) beginsWord(next byte) bool {
	switch {
	case f.escaped:
		f.escaped = false
	case next == '"':
		f.inString = !f.inString
	case f.inString:
		f.escaped = next == '\\'
	case next == '-':
		after, err := f.source.Peek(1)
		return err == nil && after[0] == 'I'
	default:
		return next == 'N' || next == 'I'
	}
	return false
}

func (f *finiteReader) word(first byte) []byte {
	word := []byte{first}
	for len(word) < len("-Infinity") {
		next, err := f.source.Peek(1)
		if err != nil || (next[0]|0x20) < 'a' || (next[0]|0x20) > 'z' {
			break
		}
		word = append(word, next[0])
		_, _ = f.source.Discard(1)
	}
	switch string(word) {
	case "NaN", "Infinity", "-Infinity":
		return []byte("null")
	}
	return word
}
