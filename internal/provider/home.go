// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// homeKey has, in the private state, the server that last told of the resource.
// One that never did proves nothing by not knowing it: the address in the
// provider block may have become that of another server.
const homeKey = "home"

// home is the server that last told of a resource, "" if nobody wrote it down, and
// the one that the provider is configured for.
type home struct{ was, is string }

// homeFrom reads where the resource was last seen.
func homeFrom(ctx context.Context, private privateState, address string, diags *diag.Diagnostics) home {
	h := home{is: homeOf(address)}
	text, keyDiags := private.GetKey(ctx, homeKey)
	diags.Append(keyDiags...)
	if len(text) > 0 && json.Unmarshal(text, &h.was) != nil {
		h.was = ""
	}
	return h
}

// homeOf is a server's address, of which neither the scheme nor a slash at the end
// makes another server.
func homeOf(address string) string {
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

// keep writes down that the server has told of the resource.
func (h home) keep(ctx context.Context, private privateKeeper) diag.Diagnostics {
	if h.was == h.is {
		return nil
	}
	return private.SetKey(ctx, homeKey, []byte(asJSON(h.is)))
}

// moved says that the resource was last seen at another server.
func (h home) moved() bool { return h.was != "" && h.was != h.is }

// addMovedError reports a resource that a server does not know which may be
// another than its own. The argument is the one with the address, and may is what
// the resource may do at its own.
func (h home) addMovedError(diags *diag.Diagnostics, what, argument, may string) {
	diags.AddError("It is not known whether the "+what+" is gone",
		fmt.Sprintf("%s does not know it, but it was last seen at %s. If that is another server, it may %s there: "+
			"set %s in the provider block back to it and destroy it, or keep a provider with an alias for it. "+
			"If it is the same one under another address, it is gone: terraform state rm ADDRESS_OF_THIS_RESOURCE.\n\nIt stays in the state.", h.is, h.was, may, argument))
}
