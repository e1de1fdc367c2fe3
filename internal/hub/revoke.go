// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
)

// RevokeToken revokes a token that was created earlier. It succeeds if the token no
// longer exists, and never revokes another token that now has the id. Transient
// errors are tolerated for outageTolerance.
func (c *Client) RevokeToken(ctx context.Context, user string, token Token) error {
	return c.revokeAfterLookup(ctx, user, token, true)
}

// revoke revokes a token that the caller has just seen.
func (c *Client) revoke(ctx context.Context, user string, token Token) error {
	return c.revokeAfterLookup(ctx, user, token, false)
}

// revokeAfterLookup sends DELETE until the token is gone. It reads the token before it
// sends DELETE again: the first one may have arrived, or somebody else may have revoked
// the token, and the Hub may have given the id to another one.
func (c *Client) revokeAfterLookup(ctx context.Context, user string, token Token, needsLookup bool) error {
	_, err := poll.Until(ctx, c.clock, revokePolicy, func(ctx context.Context) (struct{}, bool, error) {
		if needsLookup {
			_, exists, err := c.FindToken(ctx, user, token)
			if err != nil || !exists {
				return struct{}{}, err == nil, err
			}
			needsLookup = false
		}
		err := c.DeleteToken(ctx, user, token.ID)
		if err == nil || IsNotFound(err) {
			return struct{}{}, true, nil
		}
		needsLookup = true
		return struct{}{}, false, err
	})
	return err
}
