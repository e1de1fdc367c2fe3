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

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

// homeKey has, in the private state, which gateway last told of the cluster. One
// that never did proves nothing by not knowing it: the address in the provider
// block may have become that of another gateway.
const homeKey = "gateway"

// homeOf is the gateway's address, of which neither the scheme nor a slash at the
// end makes another gateway.
func homeOf(addresses gateway.Addresses) string {
	address, err := url.Parse(addresses.Address)
	if err != nil {
		return addresses.Address
	}
	host := strings.ToLower(address.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if address.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return host + strings.TrimRight(address.Path, "/")
}

// homeFrom reads where the cluster was last seen, "" if nobody wrote it down.
func homeFrom(ctx context.Context, private privateState, diags *diag.Diagnostics) string {
	text, keyDiags := private.GetKey(ctx, homeKey)
	diags.Append(keyDiags...)
	var home string
	if len(text) > 0 && json.Unmarshal(text, &home) != nil {
		return ""
	}
	return home
}

// movedFrom says that an absence is none, because it is another gateway's.
func movedFrom(absence gateway.Absence, home, current string) bool {
	_, ended := absence.Ended()
	return !ended && home != "" && home != current
}

func addMovedError(diags *diag.Diagnostics, name, home, current string) {
	diags.AddError("It is not known whether the cluster "+name+" is gone",
		fmt.Sprintf("The gateway at %s does not know it, but it was last seen at %s. If that is another gateway, the cluster may run there and cost money: "+
			"set address in the provider block back to it and destroy the cluster, or keep a provider with an alias for it. "+
			"If it is the same one under another address, the cluster is gone: terraform state rm ADDRESS_OF_THIS_RESOURCE.\n\nIt stays in the state.", current, home))
}
