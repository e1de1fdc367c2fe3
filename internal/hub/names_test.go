// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
)

func TestValidateUserName_rejectsWhatMayBecomeAnotherPath(t *testing.T) {
	t.Parallel()
	for name, isValid := range map[string]bool{
		"alice": true, "alice@example.com": true, "a.b": true, "ä%2f b@c": true, "100%": true, "a..b": true,
		"": false, ".": false, "..": false, "...": false, "a/b": false, `a\b`: false, "a\n": false, "b\u202eob": false,
		"..%2fx": false, "..%2Fx": false, "%2e%2e": false, "%2e%2e%2fx": false, "x%2f..": false, "..%5cx": false, "..%252fx": false, "%252e%252e%252fx": false,
	} {
		err := hub.ValidateUserName(name)
		if (err == nil) != isValid || hub.IsValidUserName(name) != isValid {
			t.Errorf("%q: valid %t, %v, want %t", name, hub.IsValidUserName(name), err, isValid)
		}
		if err != nil && !strings.Contains(err.Error(), "no slash") {
			t.Errorf("%q: %v does not state the rule", name, err)
		}
	}
}

func TestValidateServerName_dependsOnTheVersion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ isValid, isValidSince6 bool }{
		"":                      {true, true},
		"gpu":                   {true, true},
		"gpu-1":                 {true, true},
		strings.Repeat("a", 30): {true, true},
		strings.Repeat("a", 31): {true, false},
		"My Server":             {true, false},
		"gpu.1":                 {true, false},
		"1gpu":                  {true, false},
		"gpu--1":                {true, false},
		"gpu-":                  {true, false},
		"GPU":                   {true, false},
		"a/b":                   {false, false},
		"..":                    {false, false},
		"..%2fx":                {false, false},
		"gpu\n":                 {false, false},
	} {
		for version, isValid := range map[int]bool{0: test.isValid, 1: test.isValid, 5: test.isValid, 6: test.isValidSince6, 7: test.isValidSince6} {
			err := hub.ValidateServerName(name, version)
			if (err == nil) != isValid {
				t.Errorf("%q on version %d: %v, want valid: %t", name, version, err, isValid)
			}
			if err != nil && !strings.Contains(err.Error(), hub.ServerNameRule) {
				t.Errorf("%q: %v does not state the rule", name, err)
			}
		}
	}
}

func TestStartServer_rejectsANameThatTheHubRejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version    string
		isRejected bool
	}{
		"My Server": {"6.1.1", true},
		"gpu.1":     {"6.1.1", true},
		"a/b":       {"5.5.4", true},
		"gpu.2":     {"5.5.4", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getVersion, jsonReply(`{"version": "`+test.version+`"}`))
			server.On(getAlice, noServers)
			server.On("POST /hub/api/users/alice/servers/"+name, acceptedReply)
			_, err := client.StartServer(t.Context(), "alice", name, map[string]any{"profile": "gpu"})
			if (err != nil) != test.isRejected || err != nil && !strings.Contains(err.Error(), hub.ServerNameRule) {
				t.Errorf("got %v", err)
			}
		})
	}
}
