// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

func TestResolve_auth(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block settings.Block
		env   []string
		want  string
	}{
		"nothing":                           {want: "jupyterhub"},
		"a token":                           {env: []string{"JUPYTERHUB_API_TOKEN=t"}, want: "jupyterhub"},
		"a password":                        {env: []string{"PC_PASSWORD=p"}, want: "basic"},
		"a user name":                       {block: settings.Block{Username: known("alice")}, want: "basic"},
		"a password nearer than a token":    {block: settings.Block{Password: known("p")}, env: []string{"JUPYTERHUB_API_TOKEN=t"}, want: "basic"},
		"a token nearer than a password":    {block: settings.Block{APIToken: known("t")}, env: []string{"PC_PASSWORD=p"}, want: "jupyterhub"},
		"both at one place":                 {env: []string{"PC_PASSWORD=p", "PC_API_TOKEN=t"}, want: "jupyterhub"},
		"an unknown password":               {block: settings.Block{Password: unknown[string]()}, want: "basic"},
		"Dask's type beside a token":        {env: []string{"DASK_GATEWAY__AUTH__TYPE=basic", "JUPYTERHUB_API_TOKEN=t"}, want: "basic"},
		"Dask's type as the class's path":   {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.auth.JupyterHubAuth"}, want: "jupyterhub"},
		"the path that the package exports": {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.BasicAuth"}, want: "basic"},
		"Kerberos of Dask":                  {env: []string{"DASK_GATEWAY__AUTH__TYPE=kerberos"}, want: "kerberos"},
		"Kerberos as the class's path":      {env: []string{"DASK_GATEWAY__AUTH__TYPE=dask_gateway.auth.KerberosAuth"}, want: "kerberos"},
		"a keytab":                          {block: settings.Block{KeytabPath: known("k")}, env: []string{"PC_API_TOKEN=t"}, want: "kerberos"},
		"a keytab farther than a token":     {block: settings.Block{APIToken: known("t")}, env: []string{"PC_KEYTAB_PATH=k"}, want: "jupyterhub"},
		"a keytab beside a token":           {env: []string{"PC_KEYTAB_PATH=k", "PC_API_TOKEN=t"}, want: "jupyterhub"},
		"a principal, which is no secret":   {env: []string{"PC_PRINCIPAL=alice"}, want: "jupyterhub"},
		"none in the block":                 {block: settings.Block{Auth: known("none")}, env: []string{"PC_AUTH=basic"}, want: "none"},
		"None of Python, which is not set":  {env: []string{"DASK_GATEWAY__AUTH__TYPE=None"}, want: "jupyterhub"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := resolve(t, test.block, append(test.env, "USER=nobody")...)
			equal(t, "auth", s.Auth.Value, test.want)
		})
	}
}

func TestResolve_authThatCannotBe(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"corp.auth.MyAuth": "Python class",
		"JupyterHub":       "not an authentication method",
		"{TYPE}":           "not an authentication method",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			p := problem(t, settings.Block{}, "DASK_GATEWAY__AUTH__TYPE="+value, "TYPE=basic")
			contains(t, p.Detail, value, want, `"jupyterhub"`, `"basic"`, `"kerberos"`, `"none"`)
			equal(t, "origin", p.Origin, "the environment variable DASK_GATEWAY__AUTH__TYPE")
			equal(t, "argument", p.Argument, "")
			p = problem(t, settings.Block{Auth: known(value)})
			equal(t, "argument", p.Argument, "auth")
		})
	}
}

func TestResolve_userNameOfTheSystem(t *testing.T) {
	t.Parallel()
	basic := settings.Block{Auth: known("basic")}
	s := resolve(t, basic, "USER=second", "LOGNAME=first", "USERNAME=fourth")
	equal(t, "username", s.Username.Value, "first")
	equal(t, "origin", s.Username.Origin, "the environment variable LOGNAME")
	equal(t, "username", resolve(t, basic, "LOGNAME=", "USERNAME=fourth").Username.Value, "fourth")
	if s := resolve(t, basic); s.Username.Value == "" {
		t.Error("without variables, the system does not tell the user's name")
	}
	equal(t, "username with a token", resolve(t, settings.Block{APIToken: known("t")}, "USER=second").Username.Set, false)
}

// TestResolve_passwordLikeANumber has passwords and tokens that Python takes for
// something else than text, and then cannot use.
func TestResolve_passwordLikeANumber(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"12345678", "1e5", "True", "0x10", "[1]", "12#34", "(1)"} {
		s := resolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD="+text, "USER=u")
		equal(t, "password", s.Password.Value.Reveal(), text)
	}
	s := resolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN=12345678901234567890e12345678901")
	equal(t, "api_token", s.APIToken.Value.Reveal(), "12345678901234567890e12345678901")
	s = resolve(t, settings.Block{}, `DASK_GATEWAY__AUTH__KWARGS__PASSWORD="quo ted"`, "USER=u")
	equal(t, "quoted password", s.Password.Value.Reveal(), "quo ted")
	s = resolve(t, settings.Block{Password: known("")}, "PC_PASSWORD=p", "USER=u")
	equal(t, "empty password being set", s.Password.Set, true)
}

func TestResolve_userBelongsToItsToken(t *testing.T) {
	t.Parallel()
	env := []string{"JUPYTERHUB_USER=alice", "JUPYTERHUB_API_TOKEN=t"}
	equal(t, "user", resolve(t, settings.Block{}, env...).User.Value, "alice")
	equal(t, "user with another token", resolve(t, settings.Block{}, append(env, "PC_API_TOKEN=u")...).User.Set, false)
}

func TestResolve_malformedCredentials(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block    settings.Block
		argument string
		want     string
	}{
		"token with a line end":  {settings.Block{APIToken: known("s3cr3t\n")}, "api_token", "trimspace"},
		"token with a blank":     {settings.Block{APIToken: known("s3cr3t s3cr3t")}, "api_token", "contains a space"},
		"token beyond ASCII":     {settings.Block{APIToken: known("s3cr3té")}, "api_token", "another character"},
		"empty token":            {settings.Block{APIToken: known("")}, "api_token", "is empty"},
		"user name with colon":   {settings.Block{Username: known("a:b"), Password: known("s3cr3t")}, "username", "colon"},
		"user name beyond ASCII": {settings.Block{Username: known("é"), Password: known("s3cr3t")}, "username", "outside ASCII"},
		"password beyond ASCII":  {settings.Block{Username: known("a"), Password: known("s3cr3té")}, "password", "outside ASCII"},
		"proxy without scheme":   {settings.Block{HTTPProxy: known("u:s3cr3t@h:1")}, "http_proxy", "http, https and socks5"},
		"proxy with a slash in its password": {
			settings.Block{HTTPProxy: known("http://u:s3cr3t/x@h:1")}, "http_proxy", "percent-encode",
		},
		"proxy with a broken escape": {settings.Block{HTTPProxy: known("http://u:s3cr3t%zz@h:1")}, "http_proxy", "percent-encode"},
		"not a certificate":          {settings.Block{CACertificate: known("-----BEGIN PRIVATE KEY-----\ns3cr3t")}, "ca_certificate", "file(\"ca.pem\")"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problem(t, test.block)
			equal(t, "argument", p.Argument, test.argument)
			contains(t, p.Detail, test.want)
			containsNot(t, p.Summary+p.Detail+p.Origin, "s3cr3t")
		})
	}
}

func TestResolve_secretTemplatesStaySecret(t *testing.T) {
	t.Parallel()
	p := problem(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD=p{s3cr3t}", "USER=u")
	containsNot(t, p.Summary+p.Detail+p.Origin, "s3cr3t")
	contains(t, p.Origin, "DASK_GATEWAY__AUTH__KWARGS__PASSWORD")
	s := resolve(t, settings.Block{}, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN={MY_TOKEN}", "MY_TOKEN=t")
	equal(t, "api_token", s.APIToken.Value.Reveal(), "t")
	equal(t, "api_token as an argument", resolve(t, settings.Block{APIToken: known("{MY_TOKEN}")}, "MY_TOKEN=t").APIToken.Value.Reveal(), "{MY_TOKEN}")
}

func TestResolve_kerberos(t *testing.T) {
	t.Parallel()
	block := settings.Block{Principal: known("HTTP/ci@EXAMPLE.COM"), KeytabPath: known("FILE:/etc/ci.keytab")}
	s := resolve(t, block, "KRB5CCNAME=FILE:/tmp/tickets", "KRB5_CONFIG=/etc/other.conf", "PC_PRINCIPAL=alice")
	equal(t, "auth", s.Auth.Value, "kerberos")
	equal(t, "origin of auth", s.Auth.Origin, "the default where a keytab is set")
	equal(t, "principal", s.Principal.Value, "HTTP/ci@EXAMPLE.COM")
	equal(t, "keytab_path", s.KeytabPath.Value, "/etc/ci.keytab")
	equal(t, "credential cache", s.CredentialCache.Value, "FILE:/tmp/tickets")
	equal(t, "configuration", s.KerberosConfig.Value, "/etc/other.conf")
	s = resolve(t, settings.Block{Auth: known("kerberos")}, "PC_PRINCIPAL=alice", `PC_KEYTAB_PATH=C:\ci.keytab`)
	equal(t, "principal", s.Principal.Origin, "the environment variable PC_PRINCIPAL")
	equal(t, "keytab_path", s.KeytabPath.Value, `C:\ci.keytab`)

	for _, bad := range []string{"@EXAMPLE.COM", "alice@", "a@b@c", "alice @EXAMPLE.COM"} {
		equal(t, "argument", problem(t, settings.Block{Principal: known(bad)}).Argument, "principal")
	}
	p := problem(t, settings.Block{KeytabPath: known("MEMORY:x")})
	equal(t, "argument", p.Argument, "keytab_path")
	contains(t, p.Detail, "another type than FILE", "/etc/pipeline.keytab")
}
