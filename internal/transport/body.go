// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// maxSmallBodySize is how much of a response is read and decoded without a slot, in
	// bytes.
	maxSmallBodySize = 64 << 10
	// largeBodySlots is how many larger responses a client decodes at the same time, or
	// all clients with the same DecodeLimit. Decoded values need many times the memory
	// of their text.
	largeBodySlots = 2
	// maxRestSize and restTimeout limit the read after the value of a response. net/http
	// reuses a connection only if the whole response has been read.
	maxRestSize = 64 << 10
	restTimeout = 500 * time.Millisecond
)

// DecodeLimit limits how many large responses its clients decode at the same time.
type DecodeLimit struct{ slots chan struct{} }

// NewDecodeLimit returns a limit that several clients can share: see
// Config.DecodeLimit.
func NewDecodeLimit() *DecodeLimit { return &DecodeLimit{make(chan struct{}, largeBodySlots)} }

// bodyReader reads the body of a response. Its err distinguishes a lost connection
// and a body that is too long from invalid JSON. It waits for a slot before it reads
// more than a small body. It stops when the context ends, even while buffered data is
// being decoded.
type bodyReader struct {
	ctx         context.Context
	source      io.Reader
	limit, read int64
	slots       chan struct{}
	hasSlot     bool
	err         error
}

// Read implements io.Reader.
func (b *bodyReader) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		b.err = err
		return 0, err
	}
	if !b.hasSlot && b.read >= maxSmallBodySize {
		select {
		case b.slots <- struct{}{}:
			b.hasSlot = true
		case <-b.ctx.Done():
			b.err = b.ctx.Err()
			return 0, b.err
		}
	}
	if !b.hasSlot {
		p = p[:min(int64(len(p)), maxSmallBodySize-b.read)]
	}
	n, err := b.source.Read(p)
	b.read += int64(n)
	switch {
	case b.read > b.limit:
		b.err = &Error{Kind: KindBody, Message: fmt.Sprintf("the response is longer than %d MiB", b.limit>>20)}
		return n, b.err
	case err != nil && !errors.Is(err, io.EOF):
		b.err = err
	}
	return n, err
}

// release returns the slot.
func (b *bodyReader) release() {
	if b.hasSlot {
		b.hasSlot = false
		<-b.slots
	}
}

// readRest reads the end of a response after its value, because some servers send
// the last chunk late. If the end is later than restTimeout, the connection is
// closed and not reused. interrupt ends the read.
func (b *bodyReader) readRest(interrupt func()) {
	if b.err != nil {
		return
	}
	timer := time.AfterFunc(restTimeout, interrupt)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, b.source, maxRestSize)
}

// bodyStart stores the beginning of a body, for errors.
type bodyStart struct{ kept []byte }

// Write implements io.Writer.
func (p *bodyStart) Write(part []byte) (int, error) {
	p.kept = append(p.kept, part[:min(len(part), maxBodyStartSize-len(p.kept))]...)
	return len(part), nil
}
