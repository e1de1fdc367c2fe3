// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
)

// StreamList sends the diagnostics of a list resource and then, unless there is an
// error, its items. Terraform stops reading at the limit without a message, and
// its default limit is 100. So the last result within the limit carries a warning if
// there are more.
func StreamList[T any](stream *list.ListResultsStream, limit int64, items []T, diags diag.Diagnostics, result func(T) list.ListResult) {
	total, count := len(items), len(items)
	if limit > 0 && int64(count) > limit {
		count = int(limit)
	}
	if diags.HasError() {
		count = 0
	}
	stream.Results = func(push func(list.ListResult) bool) {
		if len(diags) > 0 && !push(list.ListResult{Diagnostics: diags}) {
			return
		}
		for i, item := range items[:count] {
			listed := result(item)
			if i == count-1 && count < total {
				listed.Diagnostics.AddWarning("The list is incomplete",
					fmt.Sprintf("It has the first %d of %d. Set limit = %d in the list block to see all.", count, total, total))
			}
			if !push(listed) {
				return
			}
		}
	}
}
