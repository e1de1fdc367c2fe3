// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import "strings"

// Missing says where a value was looked for that is needed and that no place
// has, and what to do: the detail of an error. The argument is one of the
// provider block.
func (s Settings) Missing(argument string) string {
	text := "No value was found. These places were looked in:\n  - " + strings.Join(s.places[argument], "\n  - ") +
		"\nAn environment variable that is empty counts as not set."
	if hint := s.hint(argument); hint != "" {
		text += "\n\n" + hint
	}
	return text
}

func (s Settings) hint(argument string) string {
	switch argument {
	case "address":
		return "Set one of them, for example: address = \"https://hub.example.com/services/dask-gateway/\""
	case "hub_address":
		if !s.Address.Set {
			return "It would also be derived from address, if that were set and ended in /services/NAME/."
		}
		return "It is also derived from address where that ends in /services/NAME/, which " + s.Address.Value + " does not."
	case "api_token":
		page := "on the page /hub/token of the JupyterHub"
		if s.HubAddress.Set {
			page = "on the page " + s.HubAddress.Value + "/hub/token"
		}
		return "A token is made " + page + ". For a gateway that takes a user name and a password instead, set auth = \"basic\"."
	default:
		return ""
	}
}
