// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"encoding/base64"
	"errors"
	"os/user"
	"strings"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// The values of auth.
const (
	authJupyterHub = "jupyterhub"
	authBasic      = "basic"
	authKerberos   = "kerberos"
	authNone       = "none"
)

// credentials resolves how the provider authenticates. If auth is not set, it is
// inferred from the first credentials that are found; without any, it is
// jupyterhub. Dask's default is basic. But most gateways are behind a JupyterHub,
// and with basic a missing token would only show as a 401.
func (r *resolver) credentials(s *Settings) {
	s.APIToken = resolve(r, "api_token", parseToken)
	s.Username = resolve(r, "username", parseUsername)
	s.Password = resolve(r, "password", parsePassword)
	s.Auth = resolve(r, "auth", parseAuth)
	s.Principal = resolve(r, "principal", parsePrincipal)
	s.KeytabPath = resolve(r, "keytab_path", parseKeytabPath)
	s.CredentialCache = environmentSetting(r.env, "KRB5CCNAME")
	s.KerberosConfig = environmentSetting(r.env, "KRB5_CONFIG")

	_, tokenRank := r.find("api_token")
	_, usernameRank := r.find("username")
	_, passwordRank := r.find("password")
	_, keytabRank := r.find("keytab_path")
	basicRank := min(usernameRank, passwordRank)
	if !s.Auth.IsSet && !s.Auth.IsUnknown {
		s.Auth = Setting[string]{Value: authJupyterHub, Origin: "the default"}
		switch {
		case keytabRank < min(tokenRank, basicRank):
			s.Auth = Setting[string]{Value: authKerberos, Origin: "the default where a keytab is set"}
		case basicRank < tokenRank:
			s.Auth = Setting[string]{Value: authBasic, Origin: "the default where a user name or a password is set"}
		}
	}
	if s.Auth.Value == authBasic && usernameRank == len(r.layers) {
		s.Username = systemUser(r.env)
	}
	if passwordRank == len(r.layers) {
		s.Password.Origin = "the default, which is no password"
	}
	if tokenRank == r.hubLayer() {
		s.User = resolve(r, userName, func(text string) (string, error) { return text, nil })
	}
}

// parseAuth accepts the names of dask_gateway/auth.py, get_auth, and the paths of its
// classes, which Dask's configuration may contain.
func parseAuth(text string) (string, error) {
	class := strings.TrimPrefix(strings.TrimPrefix(text, "dask_gateway."), "auth.")
	switch {
	case text == authJupyterHub || class != text && class == "JupyterHubAuth":
		return authJupyterHub, nil
	case text == authBasic || class != text && class == "BasicAuth":
		return authBasic, nil
	case text == authNone:
		return authNone, nil
	case text == authKerberos || class != text && class == "KerberosAuth":
		return authKerberos, nil
	case strings.Contains(text, "."):
		return "", errors.New("names a Python class, which only Python can use")
	default:
		return "", errors.New("is not an authentication method of the provider")
	}
}

// parseToken rejects characters that are not allowed in a header. A line end is
// common when a token is read from a file.
func parseToken(text string) (secret.String, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return secret.String{}, errors.New("contains a space, a line end or another character that is not allowed in a token")
	}
	return secret.New(text), nil
}

// parseUsername rejects a colon, which ends the name in the header (RFC 7617, 2).
func parseUsername(text string) (string, error) {
	if strings.Contains(text, ":") {
		return "", errors.New("contains a colon")
	}
	return text, checkASCII(text)
}

func parsePassword(text string) (secret.String, error) {
	return secret.New(text), checkASCII(text)
}

// parsePrincipal rejects texts that cannot be a principal.
func parsePrincipal(text string) (string, error) {
	name, realm, hasRealm := strings.Cut(text, "@")
	if name == "" || hasRealm && realm == "" || strings.Contains(realm, "@") || strings.ContainsFunc(text, unicode.IsSpace) {
		return "", errors.New("is not a principal")
	}
	return text, nil
}

// parseKeytabPath accepts the name of a keytab as the MIT library does: a path, or
// FILE: and a path.
func parseKeytabPath(text string) (string, error) {
	if isKeytab(text) {
		return "", errors.New("is the content of a keytab, not its path")
	}
	kind, rest, hasKind := strings.Cut(text, ":")
	switch {
	case !hasKind || len(kind) == 1:
		return text, nil
	case (kind == "FILE" || kind == "WRFILE") && rest != "":
		return rest, nil
	default:
		return "", errors.New("is a keytab of another type than FILE")
	}
}

// isKeytab reports whether a text is a keytab as filebase64 returns it. A keytab
// begins with the byte 5 and its version, 1 or 2 (MIT krb5, doc/formats/
// keytab_file_format.rst).
func isKeytab(text string) bool {
	content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return err == nil && len(content) > 2 && content[0] == 5 && (content[1] == 1 || content[1] == 2)
}

// environmentSetting returns the value of a variable that has no argument.
func environmentSetting(env environment.Variables, name string) Setting[string] {
	value, _ := env.Lookup(name)
	return Setting[string]{Value: value, Origin: environment.Describe(name), IsSet: value != ""}
}

// checkASCII rejects texts that the gateway's SimpleAuthenticator cannot decode: it
// decodes the header as ASCII, and returns 500 (dask_gateway_server/auth.py).
func checkASCII(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		return errors.New("contains a character outside ASCII, which the gateway cannot decode")
	}
	return nil
}

// systemUser returns the name that Python's getpass.getuser returns.
func systemUser(env environment.Variables) Setting[string] {
	for _, name := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if value, _ := env.Lookup(name); value != "" {
			return Setting[string]{Value: value, Origin: environment.Describe(name), IsSet: true}
		}
	}
	current, err := user.Current()
	if err != nil {
		return Setting[string]{}
	}
	return Setting[string]{Value: current.Username, Origin: "the operating system", IsSet: true}
}
