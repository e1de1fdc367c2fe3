// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// errListInterrupted has the text of a diagnostic, because Terraform shows it as one.
var errListInterrupted = errors.New("the list is not complete, because Terraform was interrupted. Run the query again")

// ListResource fails as a whole when Terraform stops the provider: terraform-plugin-go
// 0.31.0 then ends the stream without its diagnostics, and Terraform treats what arrived
// as the complete list.
func (s *server) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	attached, release := s.stopping.attach(ctx)
	defer release()
	stream, err := s.completeServer.ListResource(attached, req)
	if err != nil {
		return nil, err
	}
	if attached.Err() != nil {
		return nil, errListInterrupted
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(push func(tfprotov6.ListResourceResult) bool) {
		for result := range results {
			result.Diagnostics = presentable(result.Diagnostics)
			result.DisplayName = presentableLine(result.DisplayName)
			if !push(result) {
				return
			}
		}
	}}, nil
}
