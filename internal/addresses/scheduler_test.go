// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package addresses_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
)

func TestCheckScheduler_requiresSchemeHostAndPort(t *testing.T) {
	t.Parallel()
	for text, isValid := range map[string]bool{
		"tls://10.0.0.4:8786": true, "tcp://dask_scheduler:1": true, "tls://[fd00::4]:8786": true,
		"": false, "tls://10.0.0.4": false, "https://h:1": false, "tls://h:0": false, "tls://h:1/x": false, "tls://alice:s3cr3t@h:1": false, "tls://h:1?s3cr3t": false,
	} {
		message := addresses.CheckScheduler(text)
		if (message == "") != isValid || strings.Contains(message, "s3cr3t") {
			t.Errorf("%s: %q", text, message)
		}
	}
	if message := addresses.CheckScheduler("h:1"); !strings.HasSuffix(message, `, not "h:1"`) {
		t.Error(message)
	}
}

func TestQuote_hidesWhatMayBeSecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "h:1": `"h:1"`, "u:p@h": "", "h?x": "", "h#x": "", strings.Repeat("x", 201): "", "\x1b[2J": `"\x1b[2J"`} {
		if got, ok := addresses.Quote(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
}
