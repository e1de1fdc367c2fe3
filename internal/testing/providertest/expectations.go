// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// The types of the managed resources.
const (
	ClusterType = "pc_dask_cluster"
	ServerType  = "pc_hub_server"
	TokenType   = "pc_hub_token"
)

// RespondAlways returns a fault with which a mock always responds to GET requests for a
// path with this status and body.
func RespondAlways(path string, status int, body string) mockserver.Fault {
	return mockserver.Fault{Method: http.MethodGet, Path: path, Times: 1 << 30, Status: status, ContentType: "application/json; charset=utf-8", Body: body}
}

// ServersAre asserts which servers of alice the Hub has.
func ServersAre(server *Mock, want string) AfterApply {
	return func() error {
		if got := fmt.Sprintf("%+v", server.HubServers("alice")); got != want {
			return fmt.Errorf("the Hub has %s, want %s", got, want)
		}
		return nil
	}
}

// TokenNotes counts alice's tokens by note.
func TokenNotes(mock *Mock) map[string]int {
	found := map[string]int{}
	for _, each := range mock.Tokens("alice") {
		found[each.Note]++
	}
	return found
}

// IsTime accepts an RFC 3339 time.
var IsTime = knownvalue.StringFunc(func(text string) error {
	_, err := time.Parse(time.RFC3339, text)
	return err
})
