// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package entra

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

const (
	maxFile     = 1 << 20
	maxMessage  = 400
	maxResponse = 1 << 20

	pipelinesAPIVersion = "7.1"
)

// readCertificate returns the configured certificate with its chain, and its key.
func (cfg Config) readCertificate(ctx context.Context) ([]*x509.Certificate, crypto.PrivateKey, error) {
	if !cfg.Certificate.IsZero() {
		content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(cfg.Certificate.Reveal()))
		if err != nil {
			return nil, nil, errors.New("client_certificate is not in base64")
		}
		return decodeCertificate("client_certificate", content, cfg.CertificatePassword, cfg.Clock)
	}
	content, err := localfile.Read(ctx, cfg.CertificatePath, maxFile)
	if err != nil {
		return nil, nil, err
	}
	return decodeCertificate(cfg.CertificatePath, content, cfg.CertificatePassword, cfg.Clock)
}

// decodeCertificate decodes PEM, or PKCS#12 in every form that OpenSSL 3 writes. azidentity
// reads only the older forms of PKCS#12. Entra reports an expired certificate in a way
// that is hard to recognise, so the function refuses it.
func decodeCertificate(name string, content []byte, password secret.String, now clock.Clock) ([]*x509.Certificate, crypto.PrivateKey, error) {
	var err error
	var certificates []*x509.Certificate
	var key crypto.PrivateKey
	if strings.Contains(string(content), "-----BEGIN ") {
		certificates, key, err = azidentity.ParseCertificates(content, nil)
	} else {
		var leaf *x509.Certificate
		var chain []*x509.Certificate
		key, leaf, chain, err = pkcs12.DecodeChain(content, password.Reveal())
		certificates = append([]*x509.Certificate{leaf}, chain...)
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, fmt.Errorf("%s: the password is not correct", name)
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	case now.Now().After(certificates[0].NotAfter):
		return nil, nil, fmt.Errorf("%s: the certificate expired at %s", name, certificates[0].NotAfter.UTC().Format(time.RFC3339))
	default:
		return certificates, key, nil
	}
}

// valueOrFile returns the value, or the content of the file that is configured instead.
func valueOrFile(ctx context.Context, value, path string) (string, error) {
	if path == "" {
		return value, nil
	}
	text, err := readText(ctx, path)
	if err == nil && value != "" && value != text {
		err = errors.New("the content of " + path + " differs from the value that is configured, too. Remove one of them")
	}
	return text, err
}

func readText(ctx context.Context, path string) (string, error) {
	content, err := localfile.Read(ctx, path, maxFile)
	text := strings.TrimSpace(string(content))
	if err == nil && text == "" {
		err = errors.New(path + " is empty")
	}
	return text, err
}

func (cfg Config) hasAssertion() bool {
	return !cfg.OIDCToken.IsZero() || cfg.OIDCTokenFilePath != "" || cfg.OIDCRequestURL != "" && !cfg.OIDCRequestToken.IsZero()
}

// assertion returns the token of the other identity provider.
func (c *Credential) assertion(ctx context.Context) (string, error) {
	text, err := "", error(nil)
	switch {
	case !c.cfg.OIDCToken.IsZero():
		text = c.cfg.OIDCToken.Reveal()
	case c.cfg.OIDCTokenFilePath != "":
		text, err = readText(ctx, c.cfg.OIDCTokenFilePath)
	default:
		text, err = c.requestAssertion(ctx)
	}
	token := secret.New(text)
	c.sentAssertion.Store(&token)
	return text, err
}

// requestAssertion requests a token from GitHub Actions (docs.github.com, "OpenID Connect
// reference"), or from Azure Pipelines if there is a service connection
// (learn.microsoft.com, "Oidctoken - Create"). azidentity's own credential for the latter
// reads its address from the environment alone.
func (c *Credential) requestAssertion(ctx context.Context) (string, error) {
	address, err := url.Parse(c.cfg.OIDCRequestURL)
	if err != nil || address.Scheme != "https" || address.Host == "" {
		return "", errors.New("oidc_request_url is not an https:// address")
	}
	method, query := http.MethodGet, address.Query()
	query.Set("audience", "api://AzureADTokenExchange")
	if c.cfg.PipelinesConnectionID != "" {
		method = http.MethodPost
		query.Set("api-version", pipelinesAPIVersion)
		query.Set("serviceConnectionId", c.cfg.PipelinesConnectionID)
	}
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, address.String(), nil)
	if err != nil {
		return "", errors.New("oidc_request_url is not valid")
	}
	request.Header.Set("Authorization", "Bearer "+c.cfg.OIDCRequestToken.Reveal())
	request.Header.Set("Accept", "application/json")
	// Azure Pipelines would redirect an invalid token to a login page.
	request.Header.Set("X-Tfs-Fedauthredirect", "Suppress")
	response, err := c.cfg.HTTP.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var body struct {
		ActionsToken   string `json:"value"`
		PipelinesToken string `json:"oidcToken"`
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s returned status %d for the request of an OIDC token", address.Host, response.StatusCode)
	}
	err = json.NewDecoder(io.LimitReader(response.Body, maxResponse)).Decode(&body)
	token := cmp.Or(body.ActionsToken, body.PipelinesToken)
	if err != nil || token == "" {
		return "", fmt.Errorf("%s returned no OIDC token", address.Host)
	}
	return token, nil
}

var (
	// entraReason matches the reason in a response of Entra.
	entraReason = lazy.Regexp(`AADSTS\d+: [^"\\\r\n]*`)
	// webToken matches a JSON Web Token (RFC 7519).
	webToken = lazy.Regexp(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)
)

// describe returns the reason of an error. azidentity prints whole responses, which may
// quote what was sent.
func (c *Credential) describe(err error) string {
	text := err.Error()
	if reason := entraReason().FindString(text); reason != "" {
		text = reason
	} else if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse != nil {
		text = "the identity service returned " + failed.RawResponse.Status + describeResponse(failed.RawResponse)
	} else if strings.Contains(text, "executable not found on path") {
		text = "the command az is not on PATH"
	}
	text = webToken().ReplaceAllString(text, "***")
	// azidentity sends IDENTITY_HEADER to the endpoint of App Service.
	identityHeader := secret.New(os.Getenv("IDENTITY_HEADER"))
	secrets := []secret.String{c.cfg.ClientSecret, c.fileSecret, c.cfg.Certificate, c.cfg.CertificatePassword, c.cfg.OIDCToken, c.cfg.OIDCRequestToken, identityHeader}
	if sent := c.sentAssertion.Load(); sent != nil {
		secrets = append(secrets, *sent)
	}
	for _, hidden := range secrets {
		if !hidden.IsZero() {
			text = strings.ReplaceAll(text, hidden.Reveal(), "***")
			text = strings.ReplaceAll(text, url.QueryEscape(hidden.Reveal()), "***")
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return text
}

// describeResponse returns the message in an error of an identity endpoint, after a colon,
// or "".
func describeResponse(response *http.Response) string {
	var body struct {
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	content, err := runtime.Payload(response)
	if err != nil || json.Unmarshal(content, &body) != nil || cmp.Or(body.Description, body.Message) == "" {
		return ""
	}
	return ": " + cmp.Or(body.Description, body.Message)
}
