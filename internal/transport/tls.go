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

// The reasons. Each has a different remedy.
const (
	// TLSUntrusted means that the certificate's authority is not trusted.
	TLSUntrusted TLSReason = "untrusted"
	// TLSSelfSigned means that the certificate is self-signed and not trusted.
	TLSSelfSigned TLSReason = "self-signed"
	// TLSWrongHost means that the certificate is valid for other hosts only.
	TLSWrongHost TLSReason = "wrong host"
	// TLSExpired and TLSNotYetValid mean that the certificate is outside its validity
	// period.
	TLSExpired     TLSReason = "expired"
	TLSNotYetValid TLSReason = "not yet valid"
	// TLSNotSupported means that the address begins with https://, and the server uses
	// plain HTTP.
	TLSNotSupported TLSReason = "not supported"
	// TLSRequired means that the address begins with http://, and the server uses TLS.
	TLSRequired TLSReason = "required"
	// TLSRefused covers everything else: versions, ciphers, client certificates.
	TLSRefused TLSReason = "refused"
)

// tlsFailure returns the reason why there was no TLS connection, and a message. ok is
// false for a failure outside TLS, such as a reset during the handshake, which may be
// transient.
func tlsFailure(err error) (reason TLSReason, message string, ok bool) {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unknownAuthority) && isSelfSigned(unknownAuthority.Cert):
		return TLSSelfSigned, "its certificate is self-signed and not trusted on this machine", true
	case errors.As(err, &unknownAuthority):
		return TLSUntrusted, "its certificate is signed by an authority that this machine does not trust" + describeIssuer(unknownAuthority.Cert), true
	case errors.As(err, &wrongHost):
		return TLSWrongHost, "its certificate is not for the host " + wrongHost.Host + describeHosts(wrongHost.Certificate), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return outsideValidity(invalid)
	case errors.As(err, &invalid), errors.As(err, &verification):
		return TLSRefused, "its certificate was not accepted: " + err.Error(), true
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &plain):
		return TLSNotSupported, "the server does not use TLS on this port, but the address begins with https://", true
	case isTLSError(err):
		return TLSRefused, "the TLS handshake failed: " + err.Error(), true
	default:
		return "", "", false
	}
}

func isSelfSigned(certificate *x509.Certificate) bool {
	return certificate != nil && bytes.Equal(certificate.RawIssuer, certificate.RawSubject)
}

func describeIssuer(certificate *x509.Certificate) string {
	if certificate == nil || certificate.Issuer.String() == "" {
		return ""
	}
	return ": " + certificate.Issuer.String()
}

// describeHosts lists the hosts of a certificate. The common name does not count (RFC
// 6125; Go ignores it since 1.15).
func describeHosts(certificate *x509.Certificate) string {
	if certificate == nil {
		return ""
	}
	names := append([]string{}, certificate.DNSNames...)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 {
		return "; it lists no host"
	}
	return "; it is for " + strings.Join(names, ", ")
}

func outsideValidity(invalid x509.CertificateInvalidError) (reason TLSReason, message string, ok bool) {
	// crypto/x509 distinguishes the two cases only in this text.
	if strings.Contains(invalid.Detail, "is before") {
		return TLSNotYetValid, "its certificate is not valid" + formatTime(" before ", invalid.Cert, func(c *x509.Certificate) time.Time { return c.NotBefore }), true
	}
	return TLSExpired, "its certificate has expired" + formatTime(", on ", invalid.Cert, func(c *x509.Certificate) time.Time { return c.NotAfter }), true
}

func formatTime(preposition string, certificate *x509.Certificate, of func(*x509.Certificate) time.Time) string {
	if certificate == nil {
		return ""
	}
	return preposition + of(certificate).UTC().Format(time.RFC3339)
}

// isTLSError reports whether crypto/tls returned an error without a type: an alert
// that was sent or received, or an error that begins with "tls: ".
func isTLSError(err error) bool {
	var operation *net.OpError
	if errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error") {
		return true
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}

// isCertificateRequired reports whether the server requires a client certificate. A
// TLS 1.3 server sends this alert after the client's half of the handshake and reads
// no request (RFC 8446, section 4.4.2.4).
func isCertificateRequired(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && operation.Op == "remote error" && strings.Contains(operation.Err.Error(), "certificate required")
}

const tlsRequiredMessage = "the server uses TLS on this port, but the address begins with http://"

// isTLSAlertResponse reports whether a server responded to a plain request with a TLS
// alert.
func isTLSAlertResponse(err error) bool {
	return strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

// requiresHTTPS reports whether a response states that the port is for HTTPS. nginx,
// Go and Node's proxies send such a response as a 400 in plain text.
func requiresHTTPS(status int, message string) bool {
	message = strings.ToLower(message)
	return status == http.StatusBadRequest && (strings.Contains(message, "to https port") || strings.Contains(message, "to an https server"))
}
