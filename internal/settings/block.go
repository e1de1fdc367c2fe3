// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import "fmt"

// State reports whether an argument of the provider block is set and known.
type State int

// The states of an argument, as in Terraform. Null means that it is not set.
const (
	Null State = iota
	Unknown
	Known
)

// Value is an argument of the provider block. V is valid only if State is Known.
type Value[T any] struct {
	State State
	V     T
}

// String returns only the state, because a known value may be a token.
func (v Value[T]) String() string {
	switch v.State {
	case Unknown:
		return "unknown"
	case Known:
		return "known"
	default:
		return "null"
	}
}

// Format prints only the state, for every verb.
func (v Value[T]) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(v.String())) }

// MarshalText returns only the state.
func (v Value[T]) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Block is the provider block as written. RequestTimeout is a Go duration.
// HTTPProxy is a URL, "false" for no proxy, or "true" for the proxy of the
// environment.
type Block struct {
	Address        Value[string]
	ProxyAddress   Value[string]
	PublicAddress  Value[string]
	HubAddress     Value[string]
	Auth           Value[string]
	APIToken       Value[string]
	Username       Value[string]
	Password       Value[string]
	Principal      Value[string]
	KeytabPath     Value[string]
	CACertificate  Value[string]
	HTTPProxy      Value[string]
	MaxRetries     Value[int64]
	MaxConnections Value[int64]
	RequestTimeout Value[string]
	AllowCleartext Value[bool]

	STACAddress     Value[string]
	SASAddress      Value[string]
	SubscriptionKey Value[string]

	GeoCatalogURL                  Value[string]
	Environment                    Value[string]
	TenantID                       Value[string]
	ClientID                       Value[string]
	ClientIDFilePath               Value[string]
	ClientSecret                   Value[string]
	ClientSecretFilePath           Value[string]
	ClientCertificate              Value[string]
	ClientCertificatePath          Value[string]
	ClientCertificatePassword      Value[string]
	UseOIDC                        Value[bool]
	UseAKSWorkloadIdentity         Value[bool]
	OIDCToken                      Value[string]
	OIDCTokenFilePath              Value[string]
	OIDCRequestURL                 Value[string]
	OIDCRequestToken               Value[string]
	ADOPipelineServiceConnectionID Value[string]
	UseMSI                         Value[bool]
	MSIEndpoint                    Value[string]
	MSIAPIVersion                  Value[string]
	UseCLI                         Value[bool]
	SubscriptionID                 Value[string]
}
