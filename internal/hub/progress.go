// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// streamIdleTimeout ends a stream that sends nothing. The Hub sends an empty
	// line every 8 s (jupyterhub/apihandlers/users.py, keepalive_interval).
	streamIdleTimeout = 30 * time.Second
	// maxMessages is how many progress messages an error contains.
	maxMessages = 20
)

// spawnProgress collects the progress messages and the result of a server's start.
type spawnProgress struct {
	client     *Client
	user, name string
	report     func(message string)
	messages   []string
	// reason is why the start failed, or "".
	reason string
	// isUnavailable means that the Hub, or a proxy before it, provides no stream.
	isUnavailable bool
}

type wireEvent struct {
	Progress any    `json:"progress"`
	Message  string `json:"message"`
	Ready    bool   `json:"ready"`
	Failed   bool   `json:"failed"`
}

// follow reads the stream to its last event: GET .../progress. The stream proves
// nothing, because the last event may be about an earlier start. A stream that is not
// available is not requested again, unless the reason is that the server has not
// begun to start. The stream is also skipped while too many other requests are held
// open.
func (p *spawnProgress) follow(ctx context.Context) {
	if p.isUnavailable {
		return
	}
	release, ok := p.client.transport.TryHold()
	if !ok {
		return
	}
	defer release()
	err := p.client.transport.Stream(ctx, transport.Request{Path: serverPath(p.user, p.name, "progress")}, streamIdleTimeout, p.handleEvent)
	_, isNotStarting := transport.APIError(err, http.StatusBadRequest)
	p.isUnavailable = isRefused(err) && !isNotStarting
}

// handleEvent decodes one event, and reports whether it is the last one.
func (p *spawnProgress) handleEvent(data []byte) (bool, error) {
	var event wireEvent
	if err := transport.NewDecoder(bytes.NewReader(data)).Decode(&event); err != nil {
		return false, fmt.Errorf("an event of the stream cannot be decoded: %w", err)
	}
	message := p.client.transport.Printable(event.Message)
	if event.Failed {
		p.reason = p.client.transport.Printable(strings.TrimPrefix(event.Message, "Spawn failed: "))
		return true, nil
	}
	// Each stream begins with the first message of the start.
	if message != "" && !event.Ready && !slices.Contains(p.messages, message) {
		p.report(message)
		p.messages = append(p.messages, message)
		p.messages = p.messages[max(0, len(p.messages)-maxMessages):]
	}
	return event.Ready, nil
}
