// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// certificates is the same on every machine of a cluster: the certificate of the
// cluster's authority, and one certificate for all roles. The certificate's key is
// either in this type or in a Key Vault. No machine has the authority's key.
type certificates struct {
	ca, certificate, key string
	secret               vaultSecret
}

func (m *machine) readTLS(r optionReader) {
	object, ok := optionreader.Read[map[string]any](r.Reader, "tls", "an object with ca_certificate, certificate, and private_key or private_key_secret")
	if !ok {
		return
	}
	nested := r.Nested("tls", object)
	nested.CheckNames([]string{"ca_certificate", "certificate", "private_key", "private_key_secret", "identity_client_id"})
	m.tls = &certificates{
		ca:          nested.Required("ca_certificate", certificatePEM),
		certificate: nested.Required("certificate", certificatePEM),
	}
	switch {
	case nested.IsAbsent("private_key_secret"):
		m.tls.key = nested.Required("private_key", keyPEM)
		if !nested.IsAbsent("identity_client_id") {
			nested.Reject("identity_client_id", "requires private_key_secret: it is the identity that reads the secret")
		}
	case !nested.IsAbsent("private_key"):
		nested.Reject("private_key_secret", "conflicts with private_key: the key is either in the text or in the Key Vault")
	default:
		m.tls.secret = vaultSecret{id: nested.Required("private_key_secret", secretID), clientID: nested.Text("identity_client_id", uuid)}
	}
	if m.tls.certificate != "" && m.tls.key != "" {
		if _, err := tls.X509KeyPair([]byte(m.tls.certificate), []byte(m.tls.key)); err != nil {
			// The error of the library is not printed: it can describe the key.
			nested.Reject("private_key", "is not the key of the certificate")
		}
	}
	if m.tls.certificate != "" && m.tls.ca != "" {
		if message := rejectionByDask(m.tls.certificate, m.tls.ca); message != "" {
			nested.Reject("certificate", message)
		}
	}
}

func certificatePEM(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return "must be a certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return fmt.Sprintf("must be a certificate in PEM. Parsing it failed: %v", err)
	}
	return invalidPEMText(text)
}

// keyPEM never prints its value.
func keyPEM(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil || !slices.Contains([]string{"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}, block.Type) {
		return "must be a private key in PEM without a password, which begins for example with -----BEGIN PRIVATE KEY-----"
	}
	return invalidPEMText(text)
}

// invalidPEMText rejects control characters other than line ends.
func invalidPEMText(text string) string {
	for _, r := range text {
		if optionreader.BreaksLine(r) && r != '\n' {
			return "must have no control characters except line ends; replace(…, \"\\r\", \"\") converts Windows' line ends"
		}
	}
	return ""
}

// rejectionByDask returns why Dask would reject a certificate at the first
// connection, or "". Dask does not check names. Intermediate certificates can follow
// the certificate.
func rejectionByDask(certificate, ca string) string {
	chain, authorities := certificatesIn(certificate), certificatesIn(ca)
	if len(chain) == 0 {
		return ""
	}
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	for _, intermediate := range chain[1:] {
		options.Intermediates.AddCert(intermediate)
	}
	for _, authority := range authorities {
		options.Roots.AddCert(authority)
	}
	for _, usage := range []struct {
		name string
		key  x509.ExtKeyUsage
	}{{"server_auth", x509.ExtKeyUsageServerAuth}, {"client_auth", x509.ExtKeyUsageClientAuth}} {
		options.KeyUsages = []x509.ExtKeyUsage{usage.key}
		err := verify(chain[0], options, append(chain, authorities...))
		if isOtherUse(err) {
			return "must be valid for servers and clients (allowed_uses with server_auth and client_auth), and " + usage.name + " is missing"
		}
		if err != nil {
			return fmt.Sprintf("is not signed by ca_certificate: %v", err)
		}
	}
	return ""
}

// verify accepts a certificate that is valid at some time, because the same options
// must result in the same text tomorrow. If such a time exists, the beginning of one
// of the certificates is such a time.
func verify(leaf *x509.Certificate, options x509.VerifyOptions, all []*x509.Certificate) error {
	var firstErr error
	for _, certificate := range all {
		options.CurrentTime = certificate.NotBefore
		_, err := leaf.Verify(options)
		if err == nil || isOtherUse(err) {
			return err
		}
		if firstErr == nil {
			firstErr = err
		}
	}
	return firstErr
}

// isOtherUse reports whether a certificate is from the authority, but for another
// use.
func isOtherUse(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.IncompatibleUsage
}

func certificatesIn(text string) []*x509.Certificate {
	var parsed []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return parsed
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			parsed = append(parsed, certificate)
		}
	}
}
