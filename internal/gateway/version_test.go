// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"os"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func TestOldestTested_isTheInstalledVersion(t *testing.T) {
	t.Parallel()
	locked, err := os.ReadFile("../testing/realservers/lock/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\ndask-gateway-server==" + gateway.OldestTested + " "; !strings.Contains(string(locked), want) {
		t.Errorf("the lock file has no %q: the real servers are another version than OldestTested", strings.TrimSpace(want))
	}
}

func TestIsUntested_comparesReleaseNumbers(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"0.9.0": true, "2022.4.0": true, "2025.4.0": true, "2026.2.9": true, "2026": true, "2025.12.0rc1": true,
		"2026.3.0": false, "2026.3": false, "2026.3.0+local.1": false, "2026.3.0rc1": false, "2026.3.1-0.dev": false,
		"2026.10.0": false, "2027.1.0": false, "dev": false, "99999999999999999999.1": false,
	} {
		if got := gateway.IsUntested(version); got != want {
			t.Errorf("%s: got %t, want %t", version, got, want)
		}
	}
}

func TestClientRequirement_omitsTheLocalPart(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"2026.3.0": "dask-gateway==2026.3.0", "0.9.0": "dask-gateway==0.9.0", "2026.3.0+g1234": "dask-gateway==2026.3.0", "2026.4.0.dev1": "dask-gateway==2026.4.0.dev1",
	} {
		if got := gateway.ClientRequirement(version); got != want {
			t.Errorf("%s: got %s, want %s", version, got, want)
		}
	}
}
