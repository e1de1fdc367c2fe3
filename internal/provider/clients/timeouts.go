// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
)

// Default timeouts of clusters and servers. A new node of a Kubernetes cluster and a
// large image take minutes.
const (
	DefaultChangeTimeout = 20 * time.Minute
	DefaultReadTimeout   = 5 * time.Minute
)

// ActionTimeout returns the argument timeout of an action. Its default is
// DefaultChangeTimeout.
func ActionTimeout(awaited string) schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: "How long to wait for " + awaited + ", as a [Go duration](https://pkg.go.dev/time#ParseDuration). Default: `20m`.",
		Optional:            true,
		CustomType:          timetypes.GoDurationType{},
	}
}
