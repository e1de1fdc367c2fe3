// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package entra_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/entra"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const password = "p4ssword"

// writeCertificate writes a PKCS#12 file in the form that OpenSSL 3 writes.
func writeCertificate(t *testing.T, notAfter time.Time) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(encoded)
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := pkcs12.Modern2023.Encode(key, certificate, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, string(bundle))
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestToken_ofEachCredential(t *testing.T) {
	t.Parallel()
	server := mockserver.StartGeoCatalog(mockserver.GeoCatalogConfig{Secret: "s3cret"})
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.NewHTTPClient(transport.Config{BaseURL: base, RootCAs: []byte(server.CACertificate()), NoProxy: true})
	if err != nil {
		t.Fatal(err)
	}
	now := clock.Real().Now()
	valid, expired := writeCertificate(t, now.Add(24*time.Hour)), writeCertificate(t, now.Add(-time.Hour))
	for name, test := range map[string]struct {
		cfg  entra.Config
		want string
	}{
		"secret":                    {entra.Config{ClientSecret: secret.New("s3cret")}, ""},
		"wrong secret":              {entra.Config{ClientSecret: secret.New("wr0ng")}, "AADSTS7000215"},
		"expired secret":            {entra.Config{ClientSecret: secret.New("expired")}, "AADSTS7000222"},
		"certificate":               {entra.Config{CertificatePath: valid, CertificatePassword: secret.New(password)}, ""},
		"wrong certificate secret":  {entra.Config{CertificatePath: valid, CertificatePassword: secret.New("wr0ng")}, "the password is not correct"},
		"expired certificate":       {entra.Config{CertificatePath: expired, CertificatePassword: secret.New(password)}, "the certificate expired at"},
		"missing certificate":       {entra.Config{CertificatePath: "/does/not/exist"}, "no such file"},
		"OIDC token":                {entra.Config{UseOIDC: true, OIDCToken: secret.New("good")}, ""},
		"wrong OIDC token":          {entra.Config{UseOIDC: true, OIDCToken: secret.New("wrong")}, "AADSTS700211"},
		"expired OIDC token":        {entra.Config{UseOIDC: true, OIDCToken: secret.New("expired")}, "AADSTS700024"},
		"workload identity":         {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "good\n")}, ""},
		"expired workload identity": {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "expired\n")}, "AADSTS700024"},
		"empty workload identity":   {entra.Config{UseOIDC: true, OIDCTokenFilePath: writeFile(t, "")}, "is empty"},
		"no OIDC token":             {entra.Config{UseOIDC: true}, "use_oidc needs"},
		"nothing":                   {entra.Config{}, "no credential is configured"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := test.cfg
			cfg.TenantID, cfg.ClientID, cfg.AuthorityHost, cfg.Scope = "tenant1", "client1", server.URL(), "https://geocatalog.spatio.azure.com/.default"
			cfg.HTTP, cfg.Local, cfg.Clock = client, client, clock.Real()
			token, err := entra.New(cfg).Token(t.Context())
			if test.want == "" {
				if err != nil || !strings.HasPrefix(token.Reveal(), "entra-t0ken-") {
					t.Errorf("got %v, %v", token, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
