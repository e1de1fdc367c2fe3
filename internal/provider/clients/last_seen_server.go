// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// lastSeenServerKey is the private state's key of the server that last reported
// the resource. If address now points to a different server, its "not found"
// proves nothing. The key's text is kept so that older state files can be read.
const lastSeenServerKey = "home"

// LastSeenServer has the server that last reported a resource ("" if none was
// recorded) and the server that the provider is configured for now.
type LastSeenServer struct{ Previous, Current string }

// ReadLastSeenServer reads the recorded server from the private state.
func ReadLastSeenServer(ctx context.Context, private PrivateReader, address string, diags *diag.Diagnostics) LastSeenServer {
	l := LastSeenServer{Current: ServerID(address)}
	text, keyDiags := private.GetKey(ctx, lastSeenServerKey)
	diags.Append(keyDiags...)
	if len(text) > 0 && json.Unmarshal(text, &l.Previous) != nil {
		l.Previous = ""
	}
	return l
}

// ServerID identifies a server by its address. Scheme, default port and trailing
// slashes do not matter.
func ServerID(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	host := strings.ToLower(parsed.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if parsed.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return host + strings.TrimRight(parsed.Path, "/")
}

// Store records the current server when it reported the resource.
func (l LastSeenServer) Store(ctx context.Context, private PrivateWriter) diag.Diagnostics {
	if l.Previous == l.Current {
		return nil
	}
	return private.SetKey(ctx, lastSeenServerKey, []byte(values.JSON(l.Current)))
}

// HasMoved reports whether another server than the current one last reported the
// resource.
func (l LastSeenServer) HasMoved() bool { return l.Previous != "" && l.Previous != l.Current }

// AddMovedError reports a resource that the current server does not list and that
// another server may still have. argument is the argument with the address. risk is
// what the resource may still do at the other server.
func (l LastSeenServer) AddMovedError(diags *diag.Diagnostics, what, argument, risk string) {
	diags.AddError("It is not known whether the "+what+" is gone",
		fmt.Sprintf("%s does not list it, but it was last seen at %s. If that is a different server, it may %s there: "+
			"set %s in the provider block back to it and destroy it, or keep a provider with an alias for it. "+
			"If both addresses lead to the same server, it is gone: terraform state rm ADDRESS_OF_THIS_RESOURCE.\n\nIt is still in the state.", l.Current, l.Previous, risk, argument))
}

// PrivateReader reads a resource's private state.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter writes a resource's private state.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}
