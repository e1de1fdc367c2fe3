// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

func TestResolve_infersAuth(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block settings.Block
		env   []string
		want  string
	}{
		"nothing":                           {want: "jupyterhub"},
		"a token":                           {env: []string{"JUPYTERHUB_API_TOKEN=t"}, want: "jupyterhub"},
		"a password":                        {env: []string{"PC_PASSWORD=p"}, want: "basic"},
		"a user name":                       {block: settings.Block{Username: knownValue("alice")}, want: "basic"},
		"a password nearer than a token":    {block: settings.Block{Password: knownValue("p")}, env: []string{"JUPYTERHUB_API_TOKEN=t"}, want: "basic"},
		"a token nearer than a password":    {block: settings.Block{APIToken: knownValue("t")}, env: []string{"PC_PASSWORD=p"}, want: "jupyterhub"},
		"both at one place":                 {env: []string{"PC_PASSWORD=p", "PC_API_TOKEN=t"}, want: "jupyterhub"},
		"an unknown password":               {block: settings.Block{Password: unknownValue[string]()}, want: "basic"},
		"Dask's type beside a token":        {env: []string{"DASK_GATEWAY__AUTH__TYPE=basic", "JUPYTERHUB_API_TOKEN=t"}, want: "basic"},
		"Dask's type as the class's path":   {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.auth.JupyterHubAuth"}, want: "jupyterhub"},
		"the path that the package exports": {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.BasicAuth"}, want: "basic"},
		"Kerberos of Dask":                  {env: []string{"DASK_GATEWAY__AUTH__TYPE=kerberos"}, want: "kerberos"},
		"Kerberos as the class's path":      {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.auth.KerberosAuth"}, want: "kerberos"},
		"a keytab":                          {block: settings.Block{KeytabPath: knownValue("k")}, env: []string{"PC_API_TOKEN=t"}, want: "kerberos"},
		"a keytab farther than a token":     {block: settings.Block{APIToken: knownValue("t")}, env: []string{"PC_KEYTAB_PATH=k"}, want: "jupyterhub"},
		"a keytab beside a token":           {env: []string{"PC_KEYTAB_PATH=k", "PC_API_TOKEN=t"}, want: "jupyterhub"},
		"a principal, which is no secret":   {env: []string{"PC_PRINCIPAL=alice"}, want: "jupyterhub"},
		"none in the block":                 {block: settings.Block{Auth: knownValue("none")}, env: []string{"PC_AUTH=basic"}, want: "none"},
		"None of Python, which is not set":  {env: []string{"DASK_GATEWAY__AUTH__TYPE=None"}, want: "jupyterhub"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustResolve(t, test.block, append(test.env, "USER=nobody")...)
			expectEqual(t, "auth", s.Auth.Value, test.want)
		})
	}
}

func TestResolve_rejectsUnknownAuth(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"corp.auth.MyAuth": "Python class",
		"JupyterHub":       "not an authentication method",
		"{TYPE}":           "not an authentication method",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			p := onlyProblem(t, settings.Block{}, "DASK_GATEWAY__AUTH__TYPE="+value, "TYPE=basic")
			expectContains(t, p.Detail, value, want, `"jupyterhub"`, `"basic"`, `"kerberos"`, `"none"`)
			expectEqual(t, "origin", p.Origin, "the environment variable DASK_GATEWAY__AUTH__TYPE")
			expectEqual(t, "argument", p.Argument, "")
			p = onlyProblem(t, settings.Block{Auth: knownValue(value)})
			expectEqual(t, "argument", p.Argument, "auth")
		})
	}
}

func TestResolve_defaultsToTheSystemUser(t *testing.T) {
	t.Parallel()
	basic := settings.Block{Auth: knownValue("basic")}
	s := mustResolve(t, basic, "USER=second", "LOGNAME=first", "USERNAME=fourth")
	expectEqual(t, "username", s.Username.Value, "first")
	expectEqual(t, "origin", s.Username.Origin, "the environment variable LOGNAME")
	expectEqual(t, "username", mustResolve(t, basic, "LOGNAME=", "USERNAME=fourth").Username.Value, "fourth")
	if s := mustResolve(t, basic); s.Username.Value == "" {
		t.Error("without variables, the user name is empty")
	}
	expectEqual(t, "username with a token", mustResolve(t, settings.Block{APIToken: knownValue("t")}, "USER=second").Username.IsSet, false)
}

// Python reads these passwords and tokens as numbers or bools, and then cannot use
// them.
func TestResolve_readsPasswordsThatLookLikeNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"12345678", "1e5", "True", "0x10", "[1]", "12#34", "(1)"} {
		s := mustResolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD="+text, "USER=u")
		expectEqual(t, "password", s.Password.Value.Reveal(), text)
	}
	s := mustResolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN=12345678901234567890e12345678901")
	expectEqual(t, "api_token", s.APIToken.Value.Reveal(), "12345678901234567890e12345678901")
	s = mustResolve(t, settings.Block{}, `DASK_GATEWAY__AUTH__KWARGS__PASSWORD="quo ted"`, "USER=u")
	expectEqual(t, "quoted password", s.Password.Value.Reveal(), "quo ted")
	s = mustResolve(t, settings.Block{Password: knownValue("")}, "PC_PASSWORD=p", "USER=u")
	expectEqual(t, "empty password being set", s.Password.IsSet, true)
}

func TestResolve_usesTheUserOfTheHubsTokenOnly(t *testing.T) {
	t.Parallel()
	env := []string{"JUPYTERHUB_USER=alice", "JUPYTERHUB_API_TOKEN=t"}
	expectEqual(t, "user", mustResolve(t, settings.Block{}, env...).User.Value, "alice")
	expectEqual(t, "user with another token", mustResolve(t, settings.Block{}, append(env, "PC_API_TOKEN=u")...).User.IsSet, false)
}

func TestResolve_rejectsMalformedCredentials(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block    settings.Block
		argument string
		want     string
	}{
		"token with a line end":  {settings.Block{APIToken: knownValue("s3cr3t\n")}, "api_token", "trimspace"},
		"token with a blank":     {settings.Block{APIToken: knownValue("s3cr3t s3cr3t")}, "api_token", "contains a space"},
		"token beyond ASCII":     {settings.Block{APIToken: knownValue("s3cr3té")}, "api_token", "another character"},
		"empty token":            {settings.Block{APIToken: knownValue("")}, "api_token", "is empty"},
		"user name with colon":   {settings.Block{Username: knownValue("a:b"), Password: knownValue("s3cr3t")}, "username", "colon"},
		"user name beyond ASCII": {settings.Block{Username: knownValue("é"), Password: knownValue("s3cr3t")}, "username", "outside ASCII"},
		"password beyond ASCII":  {settings.Block{Username: knownValue("a"), Password: knownValue("s3cr3té")}, "password", "outside ASCII"},
		"proxy without scheme":   {settings.Block{HTTPProxy: knownValue("u:s3cr3t@h:1")}, "http_proxy", "http, https and socks5"},
		"proxy with a slash in its password": {
			settings.Block{HTTPProxy: knownValue("http://u:s3cr3t/x@h:1")}, "http_proxy", "percent-encode",
		},
		"proxy with a broken escape": {settings.Block{HTTPProxy: knownValue("http://u:s3cr3t%zz@h:1")}, "http_proxy", "percent-encode"},
		"not a certificate":          {settings.Block{CACertificate: knownValue("-----BEGIN PRIVATE KEY-----\ns3cr3t")}, "ca_certificate", "file(\"ca.pem\")"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onlyProblem(t, test.block)
			expectEqual(t, "argument", p.Argument, test.argument)
			expectContains(t, p.Detail, test.want)
			expectOmits(t, p.Summary+p.Detail+p.Origin, "s3cr3t")
		})
	}
}

func TestResolve_hidesSecretTemplates(t *testing.T) {
	t.Parallel()
	p := onlyProblem(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD=p{s3cr3t}", "USER=u")
	expectOmits(t, p.Summary+p.Detail+p.Origin, "s3cr3t")
	expectContains(t, p.Origin, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD")
	s := mustResolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN={MY_TOKEN}", "MY_TOKEN=t")
	expectEqual(t, "api_token", s.APIToken.Value.Reveal(), "t")
	expectEqual(t, "api_token as an argument", mustResolve(t, settings.Block{APIToken: knownValue("{MY_TOKEN}")}, "MY_TOKEN=t").APIToken.Value.Reveal(), "{MY_TOKEN}")
}

func TestResolve_readsKerberosSettings(t *testing.T) {
	t.Parallel()
	block := settings.Block{Principal: knownValue("HTTP/ci@EXAMPLE.COM"), KeytabPath: knownValue("FILE:/etc/ci.keytab")}
	s := mustResolve(t, block, "KRB5CCNAME=FILE:/tmp/tickets", "KRB5_CONFIG=/etc/other.conf", "PC_PRINCIPAL=alice")
	expectEqual(t, "auth", s.Auth.Value, "kerberos")
	expectEqual(t, "origin of auth", s.Auth.Origin, "the default where a keytab is set")
	expectEqual(t, "principal", s.Principal.Value, "HTTP/ci@EXAMPLE.COM")
	expectEqual(t, "keytab_path", s.KeytabPath.Value, "/etc/ci.keytab")
	expectEqual(t, "credential cache", s.CredentialCache.Value, "FILE:/tmp/tickets")
	expectEqual(t, "configuration", s.KerberosConfig.Value, "/etc/other.conf")
	s = mustResolve(t, settings.Block{Auth: knownValue("kerberos")}, "PC_PRINCIPAL=alice", `PC_KEYTAB_PATH=C:\ci.keytab`)
	expectEqual(t, "principal", s.Principal.Origin, "the environment variable PC_PRINCIPAL")
	expectEqual(t, "keytab_path", s.KeytabPath.Value, `C:\ci.keytab`)

	for _, invalid := range []string{"@EXAMPLE.COM", "alice@", "a@b@c", "alice @EXAMPLE.COM"} {
		expectEqual(t, "argument", onlyProblem(t, settings.Block{Principal: knownValue(invalid)}).Argument, "principal")
	}
	p := onlyProblem(t, settings.Block{KeytabPath: knownValue("MEMORY:x")})
	expectEqual(t, "argument", p.Argument, "keytab_path")
	expectContains(t, p.Detail, "another type than FILE", "/etc/pipeline.keytab")
}
