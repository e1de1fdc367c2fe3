// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// silence is what the Hub never keeps for so long: it sends an empty line every
	// 8 s (jupyterhub/apihandlers/users.py, keepalive_interval).
	silence = 30 * time.Second
	// kept messages are enough for an error.
	keptMessages = 20
)

// progress is what the Hub says of a start to those who wait for it.
type progress struct {
	client     *Client
	user, name string
	tell       func(message string)
	messages   []string
	// reason is that of the failure, once there was one.
	reason string
	// unheard says that the stream cannot be had.
	unheard bool
}

type wireEvent struct {
	Progress any    `json:"progress"`
	Message  string `json:"message"`
	Ready    bool   `json:"ready"`
	Failed   bool   `json:"failed"`
}

// follow reads the stream to its last event: GET .../progress. It proves nothing:
// the last event may be that of an earlier start. A stream that cannot be had is
// not asked for again, unless it is the server that is not starting yet. Where too many
// wait already it is left out.
func (p *progress) follow(ctx context.Context) {
	if p.unheard {
		return
	}
	release, ok := p.client.transport.TryHold()
	if !ok {
		return
	}
	defer release()
	err := p.client.transport.Stream(ctx, transport.Request{Path: serverPath(p.user, p.name, "progress")}, silence, p.hear)
	failure, failed := errors.AsType[*transport.Error](err)
	notYet := failed && failure.JSONError && failure.Status == http.StatusBadRequest
	p.unheard = failed && !notYet && !passes(err)
}

// hear takes one event, and says whether it is the last one.
func (p *progress) hear(data []byte) (bool, error) {
	var event wireEvent
	if err := transport.NewDecoder(bytes.NewReader(data)).Decode(&event); err != nil {
		return false, fmt.Errorf("an event of the stream cannot be read: %w", err)
	}
	said := p.client.transport.Printable(event.Message)
	if event.Failed {
		p.reason = p.client.transport.Printable(strings.TrimPrefix(event.Message, "Spawn failed: "))
		return true, nil
	}
	// The stream begins anew with each request for it.
	if said != "" && !event.Ready && !slices.Contains(p.messages, said) {
		p.tell(said)
		p.messages = append(p.messages, said)
		p.messages = p.messages[max(0, len(p.messages)-keptMessages):]
	}
	return event.Ready, nil
}
