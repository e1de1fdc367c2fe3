// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract_test

import (
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/contract"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// mockGeoCatalog is the mock of a GeoCatalog.
type mockGeoCatalog struct{ *mockserver.GeoCatalog }

func (m mockGeoCatalog) Token(identity string) string {
	switch identity {
	case contract.WithoutRole:
		return m.NewEntraTokenWithoutRole()
	case contract.Expired:
		return m.NewEntraTokenFor(-time.Minute)
	case contract.Stranger:
		return "unknown-t0ken"
	default:
		return m.NewEntraToken()
	}
}

func startGeoCatalog(t *testing.T) mockGeoCatalog {
	t.Helper()
	collections, items := contract.GeoCatalogCollections()
	server := mockserver.StartGeoCatalog(mockserver.GeoCatalogConfig{Collections: collections, Items: items})
	t.Cleanup(server.Close)
	return mockGeoCatalog{server}
}

// TestMockGeoCatalog runs the table of GeoCatalogs on the mock.
func TestMockGeoCatalog(t *testing.T) {
	t.Parallel()
	contract.RunGeoCatalog(t, startGeoCatalog(t))
}

// TestGeoCatalogTable_namesItsSources counts the responses that no source has, so that
// the table cannot claim more than is known.
func TestGeoCatalogTable_namesItsSources(t *testing.T) {
	t.Parallel()
	names, assumed, called := map[string]bool{}, 0, 0
	for _, c := range contract.GeoCatalogCases() {
		if names[c.Name] || c.Source == "" {
			t.Errorf("%q is there twice or has no source", c.Name)
		}
		names[c.Name] = true
		if c.IsAssumed {
			assumed++
		}
		if c.Call != "" {
			called++
		}
	}
	if assumed != 11 || called != 13 {
		t.Errorf("the responses of %d cases are assumed and the requests of %d are those of Microsoft's client, want 11 and 13", assumed, called)
	}
}
