// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// A DELETE whose answer was lost is sent again so often, with pauses that
	// double.
	removals     = 5
	removalPause = 250 * time.Millisecond
)

// Revoke revokes a token that was made earlier. It succeeds for a token that is
// gone, and never touches another one that has inherited the id.
func (c *Client) Revoke(ctx context.Context, user string, was Token) error {
	_, there, err := c.Look(ctx, user, was)
	if err != nil || !there {
		return err
	}
	return c.remove(ctx, user, was)
}

// remove revokes a token that was just seen. Where the answer is lost it looks
// before it asks again: the token may be gone, and the next one have its id.
func (c *Client) remove(ctx context.Context, user string, was Token) error {
	for sent := 1; ; sent++ {
		err := c.DeleteToken(ctx, user, was.ID)
		if err == nil || IsNotFound(err) {
			return nil
		}
		var failure *transport.Error
		if !errors.As(err, &failure) || !failure.MayHaveArrived() || sent == removals {
			return err
		}
		if c.clock.Sleep(ctx, removalPause<<(sent-1)) != nil {
			return err
		}
		switch _, there, lookErr := c.Look(ctx, user, was); {
		case lookErr != nil:
			return err
		case !there:
			return nil
		}
	}
}
