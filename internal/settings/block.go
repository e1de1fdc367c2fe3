// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

// State says how much is known of an argument of the provider block.
type State int

// The states of an argument, as Terraform has them. Null is one that is not set.
const (
	Null State = iota
	Unknown
	Known
)

// Value is an argument of the provider block. V means something only when State
// is Known.
type Value[T any] struct {
	State State
	V     T
}

// Block is the provider block as it was written. RequestTimeout is a Go
// duration; HTTPProxy is a URL, or "false" for no proxy at all, or "true" for
// that of the environment.
type Block struct {
	Address        Value[string]
	ProxyAddress   Value[string]
	PublicAddress  Value[string]
	HubAddress     Value[string]
	Auth           Value[string]
	APIToken       Value[string]
	Username       Value[string]
	Password       Value[string]
	CACertificate  Value[string]
	HTTPProxy      Value[string]
	MaxRetries     Value[int64]
	RequestTimeout Value[string]
	AllowCleartext Value[bool]
}
