// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
)

const (
	// progressQueueLength is how many messages wait for a slow Terraform. Further
	// ones are dropped.
	progressQueueLength = 256
	// finalProgressTimeout limits the wait for the last messages after an interrupt,
	// when Terraform may no longer read the stream.
	finalProgressTimeout = time.Second
)

// Progress sends messages to Terraform while an action runs. The framework's
// SendProgress blocks for ever when Terraform no longer reads the stream
// (terraform-plugin-framework 1.19.0, internal/proto6server/server_invokeaction.go),
// so Progress calls it on a goroutine of its own.
type Progress struct {
	ctx      context.Context //nolint:containedctx // it ends with the call that owns the Progress
	messages chan string
	sent     chan struct{}
}

// StartProgress returns the Progress of one call. The caller must Close it.
func StartProgress(ctx context.Context, send func(action.InvokeProgressEvent)) *Progress {
	p := &Progress{ctx: ctx, messages: make(chan string, progressQueueLength), sent: make(chan struct{})}
	go func() {
		defer close(p.sent)
		for message := range p.messages {
			send(action.InvokeProgressEvent{Message: message})
		}
	}()
	return p
}

// Report sends a message. It never blocks.
func (p *Progress) Report(format string, arguments ...any) {
	select {
	case p.messages <- fmt.Sprintf(format, arguments...):
	default:
	}
}

// Close waits until the messages are sent. After an interrupt it waits for
// finalProgressTimeout at most.
func (p *Progress) Close() {
	close(p.messages)
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
