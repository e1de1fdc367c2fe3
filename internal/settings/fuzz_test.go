// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// FuzzResolve_literals checks that every variable results in a value that JSON can
// represent, or in a problem with its template.
func FuzzResolve_literals(f *testing.F) {
	for _, seed := range []string{"2", "-1.5e3", "{'a': [1, (2,), None]}", `r"x\" "\u0041" '''y'''`, "[[(1)]] # c", "{X}{{", "0x_f", "1,2,", "'\\\n'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New([]string{"DASK_GATEWAY__CLUSTER__OPTIONS__X=" + text, "X=y"}))
		if len(problems) > 0 {
			return
		}
		if _, err := json.Marshal(s.ClusterOptions["x"].Value); err != nil {
			t.Errorf("%q results in a value that JSON cannot represent: %v", text, err)
		}
	})
}

// FuzzResolve_addresses checks that the provider can connect to every accepted
// address.
func FuzzResolve_addresses(f *testing.F) {
	f.Add("https://h.example.com:8000/services/x/", "gateway://[::1]:8786", "http://p/")
	f.Add("http://[::1]", "8786", "")
	f.Add("HTTP://h:", "h/", "https://bücher.example")
	f.Add("http://1.2.3.4/%41", "//h", "x@y")
	f.Fuzz(func(t *testing.T, address, proxy, public string) {
		s, _ := settings.Resolve(t.Context(), settings.Block{Address: knownValue(address), ProxyAddress: knownValue(proxy), PublicAddress: knownValue(public)}, environment.Variables{})
		for _, setting := range []settings.Setting[string]{s.Address, s.PublicAddress, s.HubAddress} {
			if !setting.IsSet {
				continue
			}
			parsed, err := url.Parse(setting.Value)
			if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
				t.Errorf("%q was accepted", setting.Value)
			}
		}
		if s.ProxyAddress.IsSet {
			parsed, err := url.Parse(s.ProxyAddress.Value)
			if err != nil || parsed.Hostname() == "" || !strings.HasPrefix(s.ProxyAddress.Value, "gateway://") || parsed.User != nil {
				t.Errorf("the proxy address %q was accepted: %v", s.ProxyAddress.Value, err)
			}
		}
	})
}
