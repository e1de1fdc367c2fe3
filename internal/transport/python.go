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
	// maxValueSize limits a value that is decoded as a whole: a response, or one member
	// of an object that is read member by member. A cluster has about 10 KB, a
	// collection 100 KB.
	maxValueSize = 1 << 20
	// maxElementCount limits the arrays, objects and elements in a value. An element of
	// three bytes needs many times more memory once it is decoded.
	maxElementCount = 20_000
	// maxLargeSize and maxLargeCount are the limits for requests that are IsLarge. They
	// allow 10,000 users or tokens, or 4,000 workers.
	maxLargeSize  = 4 << 20
	maxLargeCount = 200_000
	// maxTotalCount limits the elements in a response that is read member by member.
	maxTotalCount = 1 << 20
	// maxDepth is the recursion limit of Python's json module.
	maxDepth = 1000
)

// Decoder is a json.Decoder with limits on size, number of values and nesting.
type Decoder struct {
	*json.Decoder
	source *pythonReader
}

// NewDecoder reads JSON as Python's json module writes it: NaN, Infinity and
// -Infinity, which are not valid JSON (RFC 8259, section 6), become null. Otherwise a
// single cluster with such an option would make the list of all clusters unreadable.
// Numbers inside an any are json.Number. A response over the limits is an *Error of
// KindBody.
func NewDecoder(body io.Reader) *Decoder { return newDecoder(body, maxValueSize, maxElementCount) }

// NewLargeDecoder is NewDecoder with the limits for requests that are IsLarge.
func NewLargeDecoder(body io.Reader) *Decoder { return newDecoder(body, maxLargeSize, maxLargeCount) }

func newDecoder(body io.Reader, maxSize, maxCount int) *Decoder {
	source := &pythonReader{source: bufio.NewReader(body), maxSize: maxSize, maxCount: maxCount}
	decoder := json.NewDecoder(source)
	decoder.UseNumber()
	return &Decoder{Decoder: decoder, source: source}
}

// Decode reads the next value.
func (d *Decoder) Decode(value any) error {
	d.source.length, d.source.count = 0, 0
	return d.Decoder.Decode(value)
}

// Token reads the next token: a bracket, or a value that is not an array or object.
func (d *Decoder) Token() (json.Token, error) {
	d.source.length, d.source.count = 0, 0
	return d.Decoder.Token()
}

// pythonReader replaces NaN and infinite numbers outside strings by null. It also
// drops repeated blanks, which json.Decoder.Token scans again after every read.
type pythonReader struct {
	source                *bufio.Reader
	maxSize, maxCount     int
	pending               []byte
	isInString, isEscaped bool
	isAfterBlank          bool
	// length is the size of the current value, count the number of its elements. total
	// counts the elements of the response.
	length, count, total, depth int
}

// Read fills p with the bytes that the source can deliver without waiting.
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
		if taken := f.copyPlainText(p[n:]); taken > 0 {
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
			f.pending = f.readLiteral(next)
			continue
		}
		f.measure(next)
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

// copyPlainText copies the part of a string up to the next quote or escape, as far as
// it has arrived. This is fast for certificates, which make up most of a listing.
func (f *pythonReader) copyPlainText(p []byte) int {
	if !f.isInString || f.isEscaped {
		return 0
	}
	arrived, _ := f.source.Peek(min(f.source.Buffered(), len(p)))
	if end := bytes.IndexAny(arrived, `"\\`); end >= 0 {
		arrived = arrived[:end]
	}
	taken := copy(p, arrived)
	_, _ = f.source.Discard(taken)
	f.length += taken
	f.isAfterBlank = false
	return taken
}

// isRepeatedBlank reports whether next is a blank outside strings that follows a
// blank.
func (f *pythonReader) isRepeatedBlank(next byte) bool {
	wasAfterBlank := f.isAfterBlank
	f.isAfterBlank = !f.isInString && (next == ' ' || next == '\t' || next == '\r' || next == '\n')
	return wasAfterBlank && f.isAfterBlank
}

// measure counts a byte. An array or object begins with a bracket, and each further
// element or member with a comma.
func (f *pythonReader) measure(next byte) {
	f.length++
	if f.isInString {
		return
	}
	switch next {
	case '[', '{':
		f.depth++
		f.count++
		f.total++
	case ']', '}':
		f.depth--
	case ',':
		f.count++
		f.total++
	}
}

// checkLimits returns an error if the response exceeds a limit.
func (f *pythonReader) checkLimits() error {
	message := ""
	switch {
	case f.length > f.maxSize:
		message = fmt.Sprintf("one value in the response is longer than %d MiB", f.maxSize>>20)
	case f.count > f.maxCount:
		message = fmt.Sprintf("one value in the response has more than %d elements", f.maxCount)
	case f.total > maxTotalCount:
		message = fmt.Sprintf("the response has more than %d elements", maxTotalCount)
	case f.depth > maxDepth:
		message = fmt.Sprintf("the response is nested more than %d levels deep", maxDepth)
	default:
		return nil
	}
	return &Error{Kind: KindBody, Message: message}
}

// beginsLiteral tracks whether the text is inside a string, and reports whether the
// byte may begin a literal that readLiteral replaces.
func (f *pythonReader) beginsLiteral(next byte) bool {
	switch {
	case f.isEscaped:
		f.isEscaped = false
	case next == '"':
		f.isInString = !f.isInString
	case f.isInString:
		f.isEscaped = next == '\\'
	case next == '-':
		after, err := f.source.Peek(1)
		return err == nil && after[0] == 'I'
	default:
		return next == 'N' || next == 'I'
	}
	return false
}

// readLiteral reads the letters of a literal, and returns null in place of NaN and
// infinite numbers.
func (f *pythonReader) readLiteral(first byte) []byte {
	letters := []byte{first}
	for len(letters) < len("-Infinity") {
		next, err := f.source.Peek(1)
		if err != nil || (next[0]|0x20) < 'a' || (next[0]|0x20) > 'z' {
			break
		}
		letters = append(letters, next[0])
		_, _ = f.source.Discard(1)
	}
	switch string(letters) {
	case "NaN", "Infinity", "-Infinity":
		return []byte("null")
	}
	return letters
}
