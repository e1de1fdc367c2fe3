// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// tlsWords says in words why there was no TLS connection; ok is false for a
// failure that is not one of TLS, such as a reset in the middle of a handshake,
// which may go away.
func tlsWords(err error) (words string, ok bool) {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &unknownAuthority):
		return "its certificate is signed by an authority that is not trusted here", true
	case errors.As(err, &wrongHost):
		return "its certificate is not for the host " + wrongHost.Host, true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet", true
	case errors.As(err, &invalid), errors.As(err, &verification):
		return "its certificate was not accepted: " + err.Error(), true
	case errors.As(err, &plain):
		return "it does not speak TLS on this port; perhaps the address begins with http://", true
	case isAlert(err):
		return "no TLS connection could be agreed on: " + err.Error(), true
	default:
		return "", false
	}
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
