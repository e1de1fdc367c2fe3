// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"
)

// TLSReason is why there was no TLS connection.
type TLSReason string

// What a person does about it is another thing each time.
const (
	// TLSUntrusted is a certificate of an authority that is not trusted here.
	TLSUntrusted TLSReason = "untrusted"
	// TLSSelfSigned is a certificate that is its own authority, and not trusted.
	TLSSelfSigned TLSReason = "self-signed"
	// TLSWrongHost is a certificate for other hosts.
	TLSWrongHost TLSReason = "wrong host"
	// TLSExpired and TLSNotYetValid are certificates out of their time.
	TLSExpired     TLSReason = "expired"
	TLSNotYetValid TLSReason = "not yet valid"
	// TLSNotSupported is a server that answers an https:// address in plain HTTP.
	TLSNotSupported TLSReason = "not spoken"
	// TLSRequired is a server that has TLS on the port of an http:// address.
	TLSRequired TLSReason = "wanted"
	// TLSRefused is everything else: versions, ciphers, certificates for clients.
	TLSRefused TLSReason = "refused"
)

// tlsFailure says why there was no TLS connection, and in which words; ok is
// false for a failure that is not one of TLS, such as a reset in the middle of a
// handshake, which may go away.
func tlsFailure(err error) (reason TLSReason, message string, ok bool) {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unknownAuthority) && selfSigned(unknownAuthority.Cert):
		return TLSSelfSigned, "its certificate is self-signed, and not trusted here", true
	case errors.As(err, &unknownAuthority):
		return TLSUntrusted, "its certificate is signed by an authority that is not trusted here" + issuer(unknownAuthority.Cert), true
	case errors.As(err, &wrongHost):
		return TLSWrongHost, "its certificate is not for the host " + wrongHost.Host + validFor(wrongHost.Certificate), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outsideValidity(invalid)
	case errors.As(err, &invalid), errors.As(err, &verification):
		return TLSRefused, "its certificate was not accepted: " + err.Error(), true
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &plain):
		return TLSNotSupported, "it does not speak TLS on this port, and the address begins with https://", true
	case isAlert(err):
		return TLSRefused, "no TLS connection could be agreed on: " + err.Error(), true
	default:
		return "", "", false
	}
}

func selfSigned(certificate *x509.Certificate) bool {
	return certificate != nil && bytes.Equal(certificate.RawIssuer, certificate.RawSubject)
}

func issuer(certificate *x509.Certificate) string {
	if certificate == nil || certificate.Issuer.String() == "" {
		return ""
	}
	return ": " + certificate.Issuer.String()
}

// validFor names the hosts of a certificate; its common name is none (RFC 6125,
// as Go has it since 1.15).
func validFor(certificate *x509.Certificate) string {
	if certificate == nil {
		return ""
	}
	names := append([]string{}, certificate.DNSNames...)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 {
		return "; it names none"
	}
	return "; it is for " + strings.Join(names, ", ")
}

func outsideValidity(invalid x509.CertificateInvalidError) (reason TLSReason, message string, ok bool) {
	// crypto/x509 says which of the two it is nowhere else.
	if strings.Contains(invalid.Detail, "is before") {
		return TLSNotYetValid, "its certificate is not valid yet" + day(", but from ", invalid.Cert, func(c *x509.Certificate) time.Time { return c.NotBefore }), true
	}
	return TLSExpired, "its certificate has expired" + day(", on ", invalid.Cert, func(c *x509.Certificate) time.Time { return c.NotAfter }), true
}

func day(preposition string, certificate *x509.Certificate, of func(*x509.Certificate) time.Time) string {
	if certificate == nil {
		return ""
	}
	return preposition + of(certificate).UTC().Format(time.RFC3339)
}

// isAlert recognises what crypto/tls has no type for: an alert, sent or
// received, and its own refusals, which begin with its name.
func isAlert(err error) bool {
	var operation *net.OpError
	if errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error") {
		return true
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}

// isCertificateRequired recognises the one alert that comes after the client's
// half of the handshake is done: a server of TLS 1.3 that wants a certificate of
// its clients ends the connection by it, and reads no request (RFC 8446, 4.4.2.4).
func isCertificateRequired(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && operation.Op == "remote error" && strings.Contains(operation.Err.Error(), "certificate required")
}

const tlsRequiredMessage = "it speaks TLS on this port, and the address begins with http://"

// isTLSAlert recognises a server's complaint about a plain request: a record of TLS
// in the place of an answer, which is an alert.
func isTLSAlert(err error) bool {
	return strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

// requiresHTTPS recognises the same complaint as a 400 in plain text, as nginx, Go
// and Node's proxies give it.
func requiresHTTPS(status int, message string) bool {
	message = strings.ToLower(message)
	return status == http.StatusBadRequest && (strings.Contains(message, "to https port") || strings.Contains(message, "to an https server"))
}
