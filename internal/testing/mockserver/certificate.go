// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// newCertificate creates the certificate and key of a cluster in PEM, as
// dask_gateway_server/tls.py does. The key is an EC key because RSA keys take long
// to generate.
func newCertificate(name string, from time.Time) (certificate, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 159))
	must(err)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "dask-internal"},
		DNSNames:     []string{name, "dask-internal", "skein-internal"},
		NotBefore:    from,
		NotAfter:     from.AddDate(0, 0, 365),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	must(err)
	return encodePEM("CERTIFICATE", signed), encodePEM("PRIVATE KEY", encoded)
}

func encodePEM(kind string, bytes []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
}

// must panics on errors that cannot occur.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
