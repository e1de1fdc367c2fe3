// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package entra

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

const (
	maxFile     = 1 << 20
	maxMessage  = 400
	maxResponse = 1 << 20
)

// readCertificate reads PEM, or PKCS#12 in every form that OpenSSL 3 writes. azidentity
// reads only the older forms of PKCS#12. Entra reports an expired certificate in a way
// that is hard to recognise, so the function refuses it.
func readCertificate(ctx context.Context, path string, password secret.String, now clock.Clock) ([]*x509.Certificate, crypto.PrivateKey, error) {
	content, err := localfile.Read(ctx, path, maxFile)
	if err != nil {
		return nil, nil, err
	}
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
		return nil, nil, fmt.Errorf("%s: the password is not correct", path)
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	case now.Now().After(certificates[0].NotAfter):
		return nil, nil, fmt.Errorf("%s: the certificate expired at %s", path, certificates[0].NotAfter.UTC().Format(time.RFC3339))
	default:
		return certificates, key, nil
	}
}

// assertion returns the function that gets the token of the other identity provider.
func (c *Credential) assertion() (func(context.Context) (string, error), error) {
	cfg := c.cfg
	switch {
	case !cfg.OIDCToken.IsZero():
		return func(context.Context) (string, error) { return cfg.OIDCToken.Reveal(), nil }, nil
	case cfg.OIDCTokenFilePath != "":
		return func(ctx context.Context) (string, error) {
			content, err := localfile.Read(ctx, cfg.OIDCTokenFilePath, maxFile)
			token := strings.TrimSpace(string(content))
			if err == nil && token == "" {
				err = errors.New(cfg.OIDCTokenFilePath + " is empty")
			}
			return token, err
		}, nil
	case cfg.OIDCRequestURL != "":
		return c.requestAssertion, nil
	default:
		return nil, errors.New("use_oidc needs oidc_token, oidc_token_file_path or oidc_request_url")
	}
}

// requestAssertion requests a token from GitHub Actions
// (docs.github.com, "OpenID Connect reference").
func (c *Credential) requestAssertion(ctx context.Context) (string, error) {
	address, err := url.Parse(c.cfg.OIDCRequestURL)
	if err != nil || address.Scheme != "https" || address.Host == "" {
		return "", errors.New("oidc_request_url is not an https:// address")
	}
	query := address.Query()
	query.Set("audience", "api://AzureADTokenExchange")
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", errors.New("oidc_request_url is not valid")
	}
	request.Header.Set("Authorization", "Bearer "+c.cfg.OIDCRequestToken.Reveal())
	request.Header.Set("Accept", "application/json")
	response, err := c.cfg.HTTP.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var body struct {
		Value string `json:"value"`
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s returned status %d for the request of an OIDC token", address.Host, response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxResponse)).Decode(&body); err != nil || body.Value == "" {
		return "", fmt.Errorf("%s returned no OIDC token", address.Host)
	}
	return body.Value, nil
}

var (
	// entraReason matches the reason in a response of Entra.
	entraReason = regexp.MustCompile(`AADSTS\d+: [^"\\\r\n]*`)
	// webToken matches a JSON Web Token (RFC 7519).
	webToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)
)

// describe returns the reason of an error. azidentity prints whole responses, which may
// quote what was sent.
func (c *Credential) describe(err error) string {
	text := err.Error()
	if reason := entraReason.FindString(text); reason != "" {
		text = reason
	} else if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && failed.RawResponse != nil {
		text = "the identity service returned " + failed.RawResponse.Status + describeResponse(failed.RawResponse)
	} else if strings.Contains(text, "executable not found on path") {
		text = "the command az is not on PATH"
	}
	text = webToken.ReplaceAllString(text, "***")
	// azidentity sends IDENTITY_HEADER to the endpoint of App Service.
	identityHeader := secret.New(os.Getenv("IDENTITY_HEADER"))
	for _, hidden := range []secret.String{c.cfg.ClientSecret, c.cfg.CertificatePassword, c.cfg.OIDCToken, c.cfg.OIDCRequestToken, identityHeader} {
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
