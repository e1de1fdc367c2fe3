// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
)

// finalProgressTimeout limits the wait for the last messages after an interrupt,
// when Terraform may no longer read the stream.
const finalProgressTimeout = time.Second

// Progress sends messages to Terraform while an action runs. The framework's
// SendProgress blocks for ever when Terraform no longer reads the stream
// (terraform-plugin-framework 1.19.0, internal/proto6server/server_invokeaction.go),
// so Progress calls it on a separate goroutine.
type Progress struct {
	ctx  context.Context //nolint:containedctx // it ends with the call that owns the Progress
	sent chan struct{}
	// reported has a value if messages or closed have changed.
	reported chan struct{}
	mu       sync.Mutex
	messages []string
	isClosed bool
}

// StartProgress returns the Progress of one call. The caller must Close it.
func StartProgress(ctx context.Context, send func(action.InvokeProgressEvent)) *Progress {
	p := &Progress{ctx: ctx, sent: make(chan struct{}), reported: make(chan struct{}, 1)}
	go func() {
		defer close(p.sent)
		for messages, more := p.takeMessages(); more; messages, more = p.takeMessages() {
			for _, message := range messages {
				send(action.InvokeProgressEvent{Message: message})
			}
		}
	}()
	return p
}

// takeMessages returns the messages that are not sent yet. It waits for the next one, and
// returns false after the last.
func (p *Progress) takeMessages() ([]string, bool) {
	for {
		p.mu.Lock()
		messages, closed := p.messages, p.isClosed
		p.messages = nil
		p.mu.Unlock()
		if len(messages) > 0 || closed {
			return messages, len(messages) > 0
		}
		<-p.reported
	}
}

// Report sends a message. It never blocks.
func (p *Progress) Report(format string, arguments ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages = append(p.messages, fmt.Sprintf(format, arguments...))
	p.wake()
}

func (p *Progress) wake() {
	select {
	case p.reported <- struct{}{}:
	default:
	}
}

// Close waits until the messages are sent. After an interrupt it waits for
// finalProgressTimeout at most.
func (p *Progress) Close() {
	p.mu.Lock()
	p.isClosed = true
	p.wake()
	p.mu.Unlock()
	select {
	case <-p.sent:
		return
	case <-p.ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), finalProgressTimeout)
	defer cancel()
	select {
	case <-p.sent:
	case <-bounded.Done():
	}
}
