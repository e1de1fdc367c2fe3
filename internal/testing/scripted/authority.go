// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// Authority is a certificate authority that no client trusts by default.
type Authority struct {
	// PEM is the certificate of the authority.
	PEM string

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Leaf describes the certificate of a server.
type Leaf struct {
	// Hosts are names and IP addresses.
	Hosts []string
	// From and Until limit the validity, relative to now. Zero means an hour
	// ago and for an hour from now.
	From, Until time.Duration
	// SelfSigned signs the certificate with its own key.
	SelfSigned bool
	// ForClients also allows the certificate for clients.
	ForClients bool
}

// NewAuthority returns an authority with a new key.
func NewAuthority(t *testing.T) *Authority {
	t.Helper()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "The tests' authority"},
		NotBefore:             clock.Real().Now().Add(-24 * time.Hour),
		NotAfter:              clock.Real().Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	key := newKey(t)
	a := &Authority{key: key}
	a.certificate, a.PEM = sign(t, template, template, key, key)
	return a
}

// Intermediate returns an intermediate authority that this authority has signed. Its
// certificate is valid from a time relative to now.
func (a *Authority) Intermediate(t *testing.T, from time.Duration) *Authority {
	t.Helper()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "The intermediate authority of the tests"},
		NotBefore:             clock.Real().Now().Add(from),
		NotAfter:              clock.Real().Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	intermediate := &Authority{key: newKey(t)}
	intermediate.certificate, intermediate.PEM = sign(t, template, a.certificate, intermediate.key, a.key)
	return intermediate
}

// Issue returns a certificate for a server with its key, and the certificate in PEM
// format.
func (a *Authority) Issue(t *testing.T, leaf Leaf) (tls.Certificate, string) {
	t.Helper()
	if leaf.From == 0 {
		leaf.From = -time.Hour
	}
	if leaf.Until == 0 {
		leaf.Until = time.Hour
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "The tests' server"},
		NotBefore:   clock.Real().Now().Add(leaf.From),
		NotAfter:    clock.Real().Now().Add(leaf.Until),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if leaf.ForClients {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
	}
	for _, host := range leaf.Hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key := newKey(t)
	parent, signer := a.certificate, a.key
	if leaf.SelfSigned {
		parent, signer = template, key
	}
	signed, text := sign(t, template, parent, key, signer)
	return tls.Certificate{Certificate: [][]byte{signed.Raw}, PrivateKey: key, Leaf: signed}, text
}

// ServeTLS starts a server with a certificate that ends with the test, and returns
// its host and port.
func ServeTLS(t *testing.T, handler http.Handler, certificate tls.Certificate) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	// The tests provoke failed handshakes.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, string) {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// KeyPEM returns the key of a certificate from Issue in PKCS #8 format.
func KeyPEM(t *testing.T, certificate tls.Certificate) string {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}
