// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package entra_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/entra"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	password = "p4ssword"
	tenant   = "tenant1"
	// none stands for neither a tenant nor a client ID.
	none = "none"
)

// writeCertificate writes a new certificate with its key as PKCS#12.
func writeCertificate(t *testing.T, notAfter time.Time) (string, *x509.Certificate) {
	t.Helper()
	certificate, bundle := scripted.ClientCertificate(t, password, notAfter)
	return writeFile(t, string(bundle)), certificate
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newIdentity returns a client ID that no test has used: MSAL stores the tokens of managed
// identities for the whole process.
func newIdentity() string { return "identity " + clock.Real().Now().Format(time.RFC3339Nano) }

func startEntra(t *testing.T, cfg mockserver.GeoCatalogConfig) *mockserver.GeoCatalog {
	t.Helper()
	cfg.Secret = "s3cret"
	server := mockserver.StartGeoCatalog(cfg)
	t.Cleanup(server.Close)
	return server
}

// newCredential returns a credential that reaches nothing but the server. The address of
// the instance metadata service leads to the server's own.
func newCredential(t *testing.T, server *mockserver.GeoCatalog, cfg entra.Config) *entra.Credential {
	t.Helper()
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.NewHTTPClient(transport.Config{BaseURL: base, RootCAs: []byte(server.CACertificate()), BypassesProxy: true})
	if err != nil {
		t.Fatal(err)
	}
	machine := strings.TrimPrefix(server.MachineURL(), "http://")
	local := &http.Client{
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, machine)
		}},
		CheckRedirect: client.CheckRedirect,
	}
	switch {
	case cfg.TenantID == none:
		cfg.TenantID, cfg.ClientID = "", ""
	case cfg.ClientID == "" && cfg.ClientIDFilePath == "":
		cfg.TenantID, cfg.ClientID = tenant, "client1"
	default:
		cfg.TenantID = tenant
	}
	cfg.AuthorityHost, cfg.Scope = server.URL(), "https://geocatalog.spatio.azure.com/.default"
	cfg.HTTP, cfg.Local, cfg.Clock = client, local, clock.Real()
	return entra.New(cfg)
}

// assertToken gets a token. Without problem it must be valid. Otherwise the error must
// contain problem, and neither wr0ng nor a JSON Web Token.
func assertToken(t *testing.T, credential *entra.Credential, problem string) {
	t.Helper()
	token, err := credential.Token(t.Context())
	if problem == "" {
		if err != nil || !strings.HasPrefix(token.Reveal(), "entra-t0ken-") {
			t.Errorf("got %v, %v", token, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), problem) || strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "eyJ") {
		t.Errorf("got %v, want %q", err, problem)
	}
}

func TestToken_ofEachCredential(t *testing.T) {
	t.Parallel()
	now := clock.Real().Now()
	valid, registered := writeCertificate(t, now.Add(24*time.Hour))
	expired, _ := writeCertificate(t, now.Add(-time.Hour))
	unregistered, _ := writeCertificate(t, now.Add(24*time.Hour))
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Certificate: registered, Identity: identity})
	actions := func(value, token string) entra.Config {
		return entra.Config{UseOIDC: true, OIDCRequestURL: server.ActionsURL(value), OIDCRequestToken: secret.New(token)}
	}
	pipelines := func(value, token, connection string) entra.Config {
		return entra.Config{UseOIDC: true, OIDCRequestURL: server.PipelinesURL(value), OIDCRequestToken: secret.New(token), PipelinesConnectionID: connection}
	}
	inBase64 := func(path, password string) entra.Config {
		return entra.Config{Certificate: secret.New(readBase64(t, path)), CertificatePassword: secret.New(password)}
	}
	for name, test := range map[string]struct {
		cfg  entra.Config
		want string
	}{
		"secret":                    {entra.Config{ClientSecret: secret.New("s3cret")}, ""},
		"wrong secret":              {entra.Config{ClientSecret: secret.New("wr0ng")}, "AADSTS7000215"},
		"expired secret":            {entra.Config{ClientSecret: secret.New("expired")}, "AADSTS7000222"},
		"certificate":               {entra.Config{CertificatePath: valid, CertificatePassword: secret.New(password)}, ""},
		"wrong certificate secret":  {entra.Config{CertificatePath: valid, CertificatePassword: secret.New("wr0ng")}, "the password is not correct"},
		"wrong certificate":         {entra.Config{CertificatePath: unregistered, CertificatePassword: secret.New(password)}, "AADSTS700027"},
		"expired certificate":       {entra.Config{CertificatePath: expired, CertificatePassword: secret.New(password)}, "the certificate expired at"},
		"missing certificate":       {entra.Config{CertificatePath: "/does/not/exist"}, "no such file"},
		"no certificate":            {entra.Config{CertificatePath: writeFile(t, "wr0ng")}, "the client certificate cannot be used"},
		"certificate in base64":     {inBase64(valid, password), ""},
		"wrong password in base64":  {inBase64(valid, "wr0ng"), "client_certificate: the password is not correct"},
		"wrong one in base64":       {inBase64(unregistered, password), "AADSTS700027"},
		"expired one in base64":     {inBase64(expired, password), "client_certificate: the certificate expired at"},
		"no base64":                 {entra.Config{Certificate: secret.New("wr0ng!")}, "client_certificate is not in base64"},
		"secret in a file":          {entra.Config{ClientSecretFilePath: writeFile(t, "s3cret\n")}, ""},
		"wrong secret in a file":    {entra.Config{ClientSecretFilePath: writeFile(t, "wr0ng\n")}, "AADSTS7000215"},
		"expired secret in a file":  {entra.Config{ClientSecretFilePath: writeFile(t, "expired")}, "AADSTS7000222"},
		"empty secret in a file":    {entra.Config{ClientSecretFilePath: writeFile(t, "\n")}, "client_secret_file_path cannot be used"},
		"missing file of a secret":  {entra.Config{ClientSecretFilePath: "/does/not/exist"}, "no such file"},
		"same secret in a file":     {entra.Config{ClientSecret: secret.New("s3cret"), ClientSecretFilePath: writeFile(t, "s3cret")}, ""},
		"other secret in a file":    {entra.Config{ClientSecret: secret.New("wr0ng"), ClientSecretFilePath: writeFile(t, "s3cret")}, "differs from the value that is configured, too"},
		"other client ID in a file": {entra.Config{ClientSecret: secret.New("s3cret"), ClientID: "client1", ClientIDFilePath: writeFile(t, "client2")}, "client_id_file_path cannot be used"},
		"empty client ID in a file": {entra.Config{ClientSecret: secret.New("s3cret"), ClientIDFilePath: writeFile(t, "")}, "client_id_file_path cannot be used"},
		"OIDC token":                {entra.Config{UseOIDC: true, OIDCToken: secret.New("good")}, ""},
		"wrong OIDC token":          {entra.Config{UseOIDC: true, OIDCToken: secret.New("wrong")}, "AADSTS700211"},
		"expired OIDC token":        {entra.Config{UseOIDC: true, OIDCToken: secret.New("expired")}, "AADSTS700024"},
		"workload identity":         {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "good\n")}, ""},
		"wrong workload identity":   {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "wrong\n")}, "AADSTS700211"},
		"expired workload identity": {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "expired\n")}, "AADSTS700024"},
		"empty workload identity":   {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "")}, "is empty"},
		"GitHub Actions":            {actions("good", mockserver.ActionsToken), ""},
		"wrong GitHub Actions":      {actions("wrong", mockserver.ActionsToken), "AADSTS700211"},
		"expired GitHub Actions":    {actions("expired", mockserver.ActionsToken), "AADSTS700024"},
		"wrong request token":       {actions("good", "wr0ng"), "returned status 401 for the request of an OIDC token"},
		"GitHub Actions over http":  {entra.Config{UseOIDC: true, OIDCRequestURL: "http://127.0.0.1/", OIDCRequestToken: secret.New("wr0ng")}, "is not an https:// address"},
		"Azure Pipelines":           {pipelines("good", mockserver.PipelinesToken, mockserver.PipelinesConnection), ""},
		"wrong Azure Pipelines":     {pipelines("wrong", mockserver.PipelinesToken, mockserver.PipelinesConnection), "AADSTS700211"},
		"expired Azure Pipelines":   {pipelines("expired", mockserver.PipelinesToken, mockserver.PipelinesConnection), "AADSTS700024"},
		"wrong access token":        {pipelines("good", "wr0ng", mockserver.PipelinesConnection), "returned status 401 for the request of an OIDC token"},
		"wrong service connection":  {pipelines("good", mockserver.PipelinesToken, "another"), "returned status 400 for the request of an OIDC token"},
		"no service connection":     {pipelines("good", mockserver.PipelinesToken, ""), "returned status 405 for the request of an OIDC token"},
		"no OIDC token":             {entra.Config{UseOIDC: true}, "use_oidc needs"},
		"managed identity":          {entra.Config{UseMSI: true, ClientID: identity}, ""},
		"wrong managed identity":    {entra.Config{UseMSI: true, ClientID: "another identity"}, "Identity not found"},
		"moved managed identity":    {entra.Config{UseMSI: true, ClientID: newIdentity(), MSIEndpoint: "http://192.0.2.1/token"}, "msi_endpoint must be an https:// address"},
		"nothing":                   {entra.Config{}, "no credential is configured"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertToken(t, newCredential(t, server, test.cfg), test.want)
		})
	}
}

// readBase64 returns the content of a file in lines of base64, as base64(1) prints it.
func readBase64(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := ""
	for text := base64.StdEncoding.EncodeToString(content); text != ""; {
		size := min(len(text), 76)
		lines, text = lines+text[:size]+"\n", text[size:]
	}
	return lines
}

// TestToken_readsCertificatesOfOpenSSL reads what OpenSSL 3.0.19 wrote with
// openssl pkcs12 -export, without further options, with -macalg sha1 and with -legacy.
func TestToken_readsCertificatesOfOpenSSL(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/plain.pem")
	if err != nil {
		t.Fatal(err)
	}
	var registered *x509.Certificate
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			if registered, err = x509.ParseCertificate(block.Bytes); err != nil {
				t.Fatal(err)
			}
		}
	}
	server := startEntra(t, mockserver.GeoCatalogConfig{Certificate: registered})
	for file, want := range map[string]string{
		"openssl3.p12": "", "openssl3-sha1.p12": "", "openssl3-legacy.p12": "", "plain.pem": "",
		"encrypted.pem": "the client certificate cannot be used",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			assertToken(t, newCredential(t, server, entra.Config{CertificatePath: "testdata/" + file, CertificatePassword: secret.New(password)}), want)
		})
	}
}

// TestToken_readsTheWorkloadIdentityAnew reads the file for each token, because AKS
// replaces its content every hour.
func TestToken_readsTheWorkloadIdentityAnew(t *testing.T) {
	t.Parallel()
	server := startEntra(t, mockserver.GeoCatalogConfig{})
	file := writeFile(t, "expired")
	credential := newCredential(t, server, entra.Config{UseOIDC: true, OIDCTokenFilePath: file})
	assertToken(t, credential, "AADSTS700024")
	if err := os.WriteFile(file, []byte("good"), 0o600); err != nil {
		t.Fatal(err)
	}
	assertToken(t, credential, "")
}

// TestToken_isRequestedOnce for all requests of a provider configuration.
func TestToken_isRequestedOnce(t *testing.T) {
	t.Parallel()
	server := startEntra(t, mockserver.GeoCatalogConfig{})
	credential := newCredential(t, server, entra.Config{ClientSecret: secret.New("s3cret")})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { assertToken(t, credential, "") })
	}
	all.Wait()
	if got := server.CountRequests(http.MethodPost, "*/oauth2/v2.0/token"); got != 1 {
		t.Errorf("%d tokens were requested, want 1", got)
	}
}

// TestToken_isRenewedBeforeItExpires: a token with less than five minutes left is not used
// again, so that a long apply does not end with the first token.
func TestToken_isRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Identity: identity, EntraLifetime: 4 * time.Minute})
	for name, cfg := range map[string]entra.Config{
		"secret":            {ClientSecret: secret.New("s3cret")},
		"workload identity": {UseOIDC: true, OIDCTokenFilePath: writeFile(t, "good")},
		"GitHub Actions":    {UseOIDC: true, OIDCRequestURL: server.ActionsURL("good"), OIDCRequestToken: secret.New(mockserver.ActionsToken)},
		"managed identity":  {UseMSI: true, ClientID: identity},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertRenewed(t, newCredential(t, server, cfg))
		})
	}
}

// assertRenewed gets two tokens, which must differ.
func assertRenewed(t *testing.T, credential *entra.Credential) {
	t.Helper()
	first, err := credential.Token(t.Context())
	second, secondErr := credential.Token(t.Context())
	if err != nil || secondErr != nil || first.Reveal() == second.Reveal() {
		t.Errorf("got %v and %v; the tokens are equal: %t", err, secondErr, first.Reveal() == second.Reveal())
	}
}

// TestToken_skipsWhatIsIncomplete, as AzureRM does: the same configuration serves a
// pipeline with OIDC and a login with the Azure CLI.
func TestToken_skipsWhatIsIncomplete(t *testing.T) {
	t.Parallel()
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Identity: identity})
	wrong := secret.New("wr0ng")
	for name, test := range map[string]struct {
		cfg  entra.Config
		want string
	}{
		"secret without a client":       {entra.Config{TenantID: none, ClientSecret: wrong, UseMSI: true}, ""},
		"certificate without a client":  {entra.Config{TenantID: none, CertificatePath: "/does/not/exist", UseMSI: true}, ""},
		"OIDC without a client":         {entra.Config{TenantID: none, UseOIDC: true, OIDCToken: wrong, UseMSI: true}, ""},
		"OIDC without a token":          {entra.Config{ClientID: identity, UseOIDC: true, UseMSI: true}, ""},
		"OIDC without a request token":  {entra.Config{ClientID: identity, UseOIDC: true, OIDCRequestURL: server.ActionsURL("good"), UseMSI: true}, ""},
		"OIDC token without use_oidc":   {entra.Config{ClientID: identity, OIDCToken: wrong, UseMSI: true}, ""},
		"nothing but a secret":          {entra.Config{TenantID: none, ClientSecret: wrong}, "Microsoft Entra (the others need tenant_id and client_id) cannot be used"},
		"another identity without OIDC": {entra.Config{ClientID: "yet another identity", UseOIDC: true, UseMSI: true}, "the managed identity (use_oidc needs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertToken(t, newCredential(t, server, test.cfg), test.want)
		})
	}
}

// TestToken_prefersTheOrderOfAzureRM configures two credentials at once. The second one
// does not work.
func TestToken_prefersTheOrderOfAzureRM(t *testing.T) {
	t.Parallel()
	valid, registered := writeCertificate(t, clock.Real().Now().Add(24*time.Hour))
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Certificate: registered, Identity: identity})
	wrong := secret.New("wr0ng")
	pipelines := entra.Config{UseOIDC: true, OIDCRequestURL: server.PipelinesURL("good"), OIDCRequestToken: secret.New(mockserver.PipelinesToken), PipelinesConnectionID: mockserver.PipelinesConnection}
	for name, cfg := range map[string]entra.Config{
		"certificate in base64 before a path": {Certificate: secret.New(readBase64(t, valid)), CertificatePath: "/does/not/exist", CertificatePassword: secret.New(password)},
		"certificate before a secret":         {CertificatePath: valid, CertificatePassword: secret.New(password), ClientSecret: wrong},
		"secret before OIDC":                  {ClientSecret: secret.New("s3cret"), UseOIDC: true, OIDCToken: wrong},
		"OIDC token before a request":         {UseOIDC: true, OIDCToken: secret.New("good"), OIDCRequestURL: server.ActionsURL("wrong"), OIDCRequestToken: wrong},
		"Azure Pipelines before an identity":  {UseOIDC: true, OIDCRequestURL: pipelines.OIDCRequestURL, OIDCRequestToken: pipelines.OIDCRequestToken, PipelinesConnectionID: pipelines.PipelinesConnectionID, UseMSI: true},
		"identity before the Azure CLI":       {UseMSI: true, ClientID: identity, UseCLI: true, SubscriptionID: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertToken(t, newCredential(t, server, cfg), "")
		})
	}
}

// TestToken_isForTheClientIDInAFile: the file replaces the client ID.
func TestToken_isForTheClientIDInAFile(t *testing.T) {
	t.Parallel()
	server := startEntra(t, mockserver.GeoCatalogConfig{})
	assertToken(t, newCredential(t, server, entra.Config{ClientSecret: secret.New("s3cret"), ClientIDFilePath: writeFile(t, "client2\n")}), "")
	for _, request := range server.Requests() {
		if request.Method == http.MethodPost && !strings.Contains(string(request.Body), "client_id=client2&") {
			t.Error("the client ID is not that in the file")
		}
	}
}

// TestToken_ofAMovedMetadataService uses msi_endpoint and msi_api_version. The short
// lifetime makes each credential request a token.
func TestToken_ofAMovedMetadataService(t *testing.T) {
	t.Parallel()
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Identity: identity, EntraLifetime: time.Minute})
	for name, test := range map[string]struct{ endpoint, version, want string }{
		"endpoint": {server.MachineURL() + "/metadata/identity/oauth2/token", "", "api-version=2018-02-01&client_id="},
		"version":  {"", "2019-08-01", "api-version=2019-08-01&client_id="},
		"both":     {server.MachineURL() + "/metadata/identity/oauth2/token", "2020-06-01", "api-version=2020-06-01&client_id="},
	} {
		credential := newCredential(t, server, entra.Config{UseMSI: true, ClientID: identity, MSIEndpoint: test.endpoint, MSIAPIVersion: test.version})
		before := len(server.Requests())
		_, err := credential.Token(t.Context())
		reached := server.Requests()[before:]
		if err != nil || len(reached) != 1 || !strings.HasPrefix(reached[0].Query, test.want) || reached[0].Header.Get("Metadata") != "true" {
			t.Errorf("%s: got %v and the requests %v", name, err, reached)
		}
	}
}

// TestToken_followsNoRedirect: a redirect would take the secret, the assertion or the
// token for another identity provider to another host.
func TestToken_followsNoRedirect(t *testing.T) {
	t.Parallel()
	identity := newIdentity()
	valid, registered := writeCertificate(t, clock.Real().Now().Add(24*time.Hour))
	for name, test := range map[string]struct {
		path string
		cfg  func(*mockserver.GeoCatalog) entra.Config
	}{
		"secret": {"*/oauth2/v2.0/token", func(*mockserver.GeoCatalog) entra.Config { return entra.Config{ClientSecret: secret.New("s3cret")} }},
		"OIDC token": {"*/oauth2/v2.0/token", func(*mockserver.GeoCatalog) entra.Config {
			return entra.Config{UseOIDC: true, OIDCToken: secret.New("good")}
		}},
		"certificate": {"*/oauth2/v2.0/token", func(*mockserver.GeoCatalog) entra.Config {
			return entra.Config{CertificatePath: valid, CertificatePassword: secret.New(password)}
		}},
		"metadata": {"*/openid-configuration", func(*mockserver.GeoCatalog) entra.Config { return entra.Config{ClientSecret: secret.New("s3cret")} }},
		"identity": {"/metadata/*", func(*mockserver.GeoCatalog) entra.Config { return entra.Config{UseMSI: true, ClientID: identity} }},
		"Azure Pipelines": {"/pipelines/oidctoken", func(server *mockserver.GeoCatalog) entra.Config {
			return entra.Config{UseOIDC: true, OIDCRequestURL: server.PipelinesURL("good"), OIDCRequestToken: secret.New(mockserver.PipelinesToken), PipelinesConnectionID: mockserver.PipelinesConnection}
		}},
		"GitHub Actions": {"/actions/token", func(server *mockserver.GeoCatalog) entra.Config {
			return entra.Config{UseOIDC: true, OIDCRequestURL: server.ActionsURL("good"), OIDCRequestToken: secret.New(mockserver.ActionsToken)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, other := startEntra(t, mockserver.GeoCatalogConfig{Certificate: registered, Identity: identity}), startEntra(t, mockserver.GeoCatalogConfig{Certificate: registered, Identity: identity})
			target := other.URL() + "/tenant1/oauth2/v2.0/token"
			if name == "identity" {
				target = other.MachineURL() + "/metadata/identity/oauth2/token"
			}
			server.FailNext(mockserver.GeoCatalogFault{Path: test.path, Times: 1 << 20, Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {target}}})
			if _, err := newCredential(t, server, test.cfg(server)).Token(t.Context()); err == nil {
				t.Error("there is a token")
			}
			if server.CountRequests("", test.path) == 0 {
				t.Errorf("the server received no request to %s", test.path)
			}
			if reached := other.Requests(); len(reached) > 0 {
				t.Errorf("another host received %s %s", reached[0].Method, reached[0].Path)
			}
		})
	}
}

// TestToken_ofTheAzureCLI runs a script in place of az.
func TestToken_ofTheAzureCLI(t *testing.T) {
	server := startEntra(t, mockserver.GeoCatalogConfig{})
	script := func(text string) string { return "#!/bin/sh\necho \"$@\" > \"$AZ_ARGUMENTS\"\n" + text + "\n" }
	expires := clock.Real().Now().Add(time.Hour)
	valid := fmt.Sprintf(`{"accessToken": %q, "expiresOn": %q, "expires_on": %d, "tenant": "tenant1", "tokenType": "Bearer"}`,
		server.NewEntraToken(), expires.Format("2006-01-02 15:04:05.000000"), expires.Unix())
	const inTenant, inSubscription = " --tenant " + tenant, " --subscription subscription1"
	for name, test := range map[string]struct{ script, subscription, want, account string }{
		"login":         {script("cat << EOF\n" + valid + "\nEOF"), "", "", inTenant},
		"subscription":  {script("cat << EOF\n" + valid + "\nEOF"), "subscription1", "", inSubscription},
		"no login":      {script("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1"), "", "az login", inTenant},
		"wrong tenant":  {script("echo 'ERROR: AADSTS90002: Tenant not found.' >&2; exit 1"), "", "AADSTS90002: Tenant not found.", inTenant},
		"expired login": {script("echo 'ERROR: AADSTS700082: The refresh token has expired due to inactivity.' >&2; exit 1"), "", "AADSTS700082: The refresh token has expired due to inactivity.", inTenant},
		"no az":         {"", "", "the command az is not on PATH", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			arguments := filepath.Join(folder, "arguments")
			if test.script != "" {
				if err := os.WriteFile(filepath.Join(folder, "az"), []byte(test.script), 0o700); err != nil { //nolint:gosec // a program
					t.Fatal(err)
				}
			}
			t.Setenv("AZ_ARGUMENTS", arguments)
			t.Setenv("PATH", folder+string(os.PathListSeparator)+"/usr/bin"+string(os.PathListSeparator)+"/bin")
			assertToken(t, newCredential(t, server, entra.Config{UseCLI: true, SubscriptionID: test.subscription}), test.want)
			if test.script == "" {
				return
			}
			got, err := os.ReadFile(arguments)
			if want := "account get-access-token -o json --resource https://geocatalog.spatio.azure.com" + test.account + "\n"; err != nil || string(got) != want {
				t.Errorf("az got the arguments %q, %v, want %q", got, err, want)
			}
		})
	}
	if got := server.Requests(); len(got) > 0 {
		t.Errorf("the provider itself sent %s", got[0].Path)
	}
}

// TestToken_ofAppService uses the identity endpoint that App Service names in the
// environment.
func TestToken_ofAppService(t *testing.T) {
	identity := newIdentity()
	server := startEntra(t, mockserver.GeoCatalogConfig{Identity: identity})
	t.Setenv("IDENTITY_ENDPOINT", server.MachineURL()+"/msi/token")
	for name, test := range map[string]struct{ header, clientID, want string }{
		"identity":       {mockserver.IdentityHeader, identity, ""},
		"wrong identity": {mockserver.IdentityHeader, "another identity", "Identity not found"},
		"wrong header":   {"wr0ng", "a third identity", "401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("IDENTITY_HEADER", test.header)
			assertToken(t, newCredential(t, server, entra.Config{UseMSI: true, ClientID: test.clientID}), test.want)
		})
	}
	if got := server.CountRequests("", "/msi/token"); got < 3 {
		t.Errorf("the identity endpoint received %d requests", got)
	}
	t.Run("expired token", func(t *testing.T) {
		identity := newIdentity()
		server := startEntra(t, mockserver.GeoCatalogConfig{Identity: identity, EntraLifetime: time.Second})
		t.Setenv("IDENTITY_ENDPOINT", server.MachineURL()+"/msi/token")
		t.Setenv("IDENTITY_HEADER", mockserver.IdentityHeader)
		assertRenewed(t, newCredential(t, server, entra.Config{UseMSI: true, ClientID: identity}))
	})
}
