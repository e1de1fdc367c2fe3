// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

const (
	// maxValueSize is for one value that is decoded as a whole: an answer, or one
	// member of an object that is read member by member.
	maxValueSize = 16 << 20
	// maxValueCount is for all values of an answer, since each of them takes up
	// many times more memory than the three bytes that it may have come in.
	maxValueCount = 1 << 20
	// maxDepth is more than Python's json writes or reads before its recursion
	// ends, which is at 1,000 levels.
	maxDepth = 1000
)

// Decoder is a json.Decoder that takes only so much for one value.
type Decoder struct {
	*json.Decoder
	source *pythonReader
}

// NewDecoder reads the JSON that Python's json module writes: NaN, Infinity
// and -Infinity, which are no JSON (RFC 8259, section 6), become null. One
// cluster with such an option would otherwise make the list of all of them
// unreadable. Numbers inside an any are json.Number. What is too much for the
// memory is an *Error of KindBody.
func NewDecoder(body io.Reader) *Decoder {
	source := &pythonReader{source: bufio.NewReader(body)}
	decoder := json.NewDecoder(source)
	decoder.UseNumber()
	return &Decoder{Decoder: decoder, source: source}
}

// Decode reads the next value.
func (d *Decoder) Decode(value any) error {
	d.source.length = 0
	return d.Decoder.Decode(value)
}

// Token reads the next token, which is a bracket or a value that is none.
func (d *Decoder) Token() (json.Token, error) {
	d.source.length = 0
	return d.Decoder.Token()
}

// pythonReader replaces the words outside strings that stand for numbers which
// are not finite, and drops blanks, over which a json.Decoder that has been
// asked for a token goes again with every read.
type pythonReader struct {
	source                *bufio.Reader
	pending               []byte
	inString, escaped     bool
	blank                 bool
	length, values, depth int
}

// Read fills p as far as the source can without waiting for more.
func (f *pythonReader) Read(p []byte) (int, error) {
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
		if taken := f.plainText(p[n:]); taken > 0 {
			n += taken
			if err := f.checkLimits(); err != nil {
				return n, err
			}
			continue
		}
		next, err := f.source.ReadByte()
		if err != nil {
			return n, err
		}
		if f.beginsLiteral(next) {
			f.pending = f.literal(next)
			continue
		}
		f.count(next)
		if err := f.checkLimits(); err != nil {
			return n, err
		}
		if f.isRepeatedBlank(next) {
			continue
		}
		p[n] = next
		n++
	}
	return n, nil
}

// plainText copies what is inside a string and neither ends it nor escapes, as far
// as it has arrived. Certificates are most of a list, and are long strings.
func (f *pythonReader) plainText(p []byte) int {
	if !f.inString || f.escaped {
		return 0
	}
	arrived, _ := f.source.Peek(min(f.source.Buffered(), len(p)))
	if end := bytes.IndexAny(arrived, `"\\`); end >= 0 {
		arrived = arrived[:end]
	}
	taken := copy(p, arrived)
	_, _ = f.source.Discard(taken)
	f.length += taken
	f.blank = false
	return taken
}

// isRepeatedBlank says of a blank outside strings that there was one before it.
func (f *pythonReader) isRepeatedBlank(next byte) bool {
	before := f.blank
	f.blank = !f.inString && (next == ' ' || next == '\t' || next == '\r' || next == '\n')
	return before && f.blank
}

func (f *pythonReader) count(next byte) {
	f.length++
	if f.inString {
		return
	}
	switch next {
	case '[', '{':
		f.depth++
		f.values++
	case ']', '}':
		f.depth--
	case ',':
		f.values++
	}
}

// excess is an error that says what there is too much of, or nil.
func (f *pythonReader) checkLimits() error {
	message := ""
	switch {
	case f.length > maxValueSize:
		message = fmt.Sprintf("one value in the answer is longer than %d MiB", maxValueSize>>20)
	case f.values > maxValueCount:
		message = fmt.Sprintf("the answer has more than %d values", maxValueCount)
	case f.depth > maxDepth:
		message = fmt.Sprintf("the answer is nested more than %d levels deep", maxDepth)
	default:
		return nil
	}
	return &Error{Kind: KindBody, Message: message}
}

// beginsLiteral follows the text into strings and out of them, and says whether
// the byte is the first of a word that may have to be replaced.
func (f *pythonReader) beginsLiteral(next byte) bool {
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

func (f *pythonReader) literal(first byte) []byte {
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
