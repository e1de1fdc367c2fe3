// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import "context"

// ChangeWorkersOnce sends the one request that Scale and Adapt repeat during an
// outage.
func (c *Client) ChangeWorkersOnce(ctx context.Context, name, how string, body any) (Scaling, error) {
	return c.postScaling(ctx, name, how, body)
}
