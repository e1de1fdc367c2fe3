// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package diagnostics_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestExplain_namesTheLikelyCause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure  transport.Error
		contains []string
		excludes string
	}{
		"password at a JupyterHub gateway": {
			transport.Error{Status: http.StatusUnauthorized, IsJSONError: true, Challenge: "jupyterhub", Scheme: transport.SchemeBasic, SchemeOrigin: "the environment variable PC_AUTH"},
			[]string{`requires auth = "jupyterhub"`, `uses auth = "basic", which comes from the environment variable PC_AUTH`},
			"Correct username",
		},
		"token at a basic gateway": {
			transport.Error{Status: http.StatusUnauthorized, IsJSONError: true, Challenge: "basic", Scheme: transport.SchemeToken},
			[]string{`requires auth = "basic"`, `uses auth = "jupyterhub"`},
			"/hub/token",
		},
		"no credentials at a Kerberos gateway": {
			transport.Error{Status: http.StatusUnauthorized, IsJSONError: true, Challenge: "negotiate"},
			[]string{`requires auth = "kerberos"`, `uses auth = "none"`},
			"",
		},
		"rejected token": {
			transport.Error{Status: http.StatusUnauthorized, IsJSONError: true, Challenge: "jupyterhub", Scheme: transport.SchemeToken, CredentialOrigin: "api_token"},
			[]string{"api_token", "/hub/token"},
			"requires auth",
		},
		"redirect to the Hub's login": {
			transport.Error{Kind: transport.KindRedirect, Status: http.StatusFound, Message: "the server redirects to https://hub.example.com/hub/login", Scheme: transport.SchemeToken},
			[]string{"login page", "/hub/token"},
			"lacks its path",
		},
		"redirect to an identity provider": {
			transport.Error{Kind: transport.KindRedirect, Status: http.StatusFound, Message: "the server redirects to https://login.example.com/t/oauth2/v2.0/authorize", Scheme: transport.SchemeToken},
			[]string{"login page"},
			"lacks its path",
		},
		"redirect to another path": {
			transport.Error{Kind: transport.KindRedirect, Status: http.StatusFound, Message: "the server redirects to https://hub.example.com/catalogin/"},
			[]string{"lacks its path"},
			"login page",
		},
		"page of a firewall": {
			transport.Error{Status: http.StatusForbidden, Message: "Request blocked", Host: "hub.example.com", Scheme: transport.SchemeToken},
			[]string{"firewall", "nothing about the credentials"},
			"credentials are valid",
		},
		"forbidden by the API": {
			transport.Error{Status: http.StatusForbidden, IsJSONError: true, Message: "Forbidden", Scheme: transport.SchemeToken},
			[]string{"credentials are valid"},
			"firewall",
		},
		"forbidden without credentials": {
			transport.Error{Status: http.StatusForbidden, IsJSONError: true, Message: "Forbidden"},
			[]string{"sent no credentials"},
			"credentials are valid",
		},
		"cluster that does not exist": {
			transport.Error{Status: http.StatusNotFound, IsJSONError: true, Message: "Cluster x not found", Scheme: transport.SchemeToken},
			[]string{},
			"scope",
		},
		"form token of the Hub": {
			transport.Error{Status: http.StatusForbidden, IsJSONError: true, Message: "'_xsrf' argument missing from POST", Scheme: transport.SchemeToken},
			[]string{"/services/dask-gateway/", "Check the address"},
			"credentials are valid",
		},
		"path of another API": {
			transport.Error{Status: http.StatusNotFound, IsJSONError: true, Message: "Not Found", Path: "/hub/api/v1/options"},
			[]string{"/services/dask-gateway/", "Check the address"},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := diagnostics.Explain(&test.failure)
			for _, part := range test.contains {
				if !strings.Contains(text, part) {
					t.Errorf("%q does not contain %q", text, part)
				}
			}
			if test.excludes != "" && strings.Contains(text, test.excludes) {
				t.Errorf("%q contains %q", text, test.excludes)
			}
		})
	}
}
