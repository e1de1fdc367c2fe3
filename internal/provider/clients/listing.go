// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/list"
)

// ListedItems are the items of a list resource, of which Terraform reads Limit at
// most.
type ListedItems struct {
	Limit int64
	Total int
}

// Stream returns the results. Terraform stops reading at the limit without telling
// the user, and its default limit is 100. So the last result within the limit
// carries a warning if there are more.
func (l ListedItems) Stream(result func(i int) list.ListResult) iter.Seq[list.ListResult] {
	count := l.Total
	if l.Limit > 0 && int64(count) > l.Limit {
		count = int(l.Limit)
	}
	return func(push func(list.ListResult) bool) {
		for i := range count {
			item := result(i)
			if i == count-1 && count < l.Total {
				item.Diagnostics.AddWarning("The list is incomplete",
					fmt.Sprintf("It has the first %d of %d. Set limit = %d in the list block to see all.", count, l.Total, l.Total))
			}
			if !push(item) {
				return
			}
		}
	}
}
