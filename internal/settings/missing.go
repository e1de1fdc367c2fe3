// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import "strings"

// Missing returns the detail of an error about a missing value: the places that were
// searched, and what to do. argument is an argument of the provider block.
func (s Settings) Missing(argument string) string {
	text := "No value was found. The provider searched these places:\n  - " + strings.Join(s.places[argument], "\n  - ") +
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
		if !s.Address.IsSet {
			return "The provider also derives it from address, if that is set and ends in /services/NAME/."
		}
		return "The provider also derives it from address if that ends in /services/NAME/, which " + s.Address.Value + " does not."
	case "api_token":
		page := "on the page /hub/token of the JupyterHub"
		if s.HubAddress.IsSet {
			page = "on the page " + s.HubAddress.Value + "/hub/token"
		}
		return "You can request a token " + page + ". For a gateway with user names and passwords, set auth = \"basic\"."
	default:
		return ""
	}
}
