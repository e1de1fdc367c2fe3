// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

type wireVersion struct {
	Version string `json:"version"`
}

// Version is the gateway's, for example "2026.3.0": GET /api/version, which
// asks for no credentials and gets none.
func (c *Client) Version(ctx context.Context) (string, error) {
	answer, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "version"}, Repeatable: true, Anonymous: true, Want: "the gateway's version",
	}, func(answer wireVersion) string {
		return objectionIf(answer.Version == "", "the answer names no version")
	})
	return answer.Version, err
}

type wireHealth struct {
	Status string `json:"status"`
}

// Health returns nil if a gateway answers and calls itself well: GET
// /api/health, which asks for no credentials and gets none.
func (c *Client) Health(ctx context.Context) error {
	_, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "health"}, Repeatable: true, Anonymous: true, Want: "the gateway's health",
	}, func(answer wireHealth) string {
		return objectionIf(answer.Status != "pass", "the gateway's health is \""+answer.Status+"\", not \"pass\"")
	})
	return err
}
