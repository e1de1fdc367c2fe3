// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"encoding/asn1"
	"encoding/binary"
	"slices"

	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

var (
	oidSPNEGO   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}
	oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}
)

const (
	// gssConfidentiality and gssIntegrity are flags of RFC 4121, section 4.1.1.1.
	gssConfidentiality = 16
	gssIntegrity       = 32
	// apRequestToken marks an AP_REQ (RFC 4121, section 4.1).
	apRequestToken = "\x01\x00"
)

// negTokenInit is the first message of SPNEGO (RFC 4178, section 4.2.1).
type negTokenInit struct {
	MechTypes []asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	MechToken []byte                  `asn1:"explicit,tag:2"`
}

// spnegoToken creates a new token that proves the possession of a ticket.
func spnegoToken(credential serviceTicket) ([]byte, error) {
	authenticator, err := types.NewAuthenticator(credential.client.realm, credential.client.name)
	if err != nil {
		return nil, err
	}
	authenticator.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: gssChecksum()}
	request, err := messages.NewAPReq(credential.ticket, credential.key, authenticator)
	if err != nil {
		return nil, err
	}
	encoded, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	mechanism, err := gssToken(oidKerberos, append([]byte(apRequestToken), encoded...))
	if err != nil {
		return nil, err
	}
	initial, err := asn1.MarshalWithParams(negTokenInit{MechTypes: []asn1.ObjectIdentifier{oidKerberos}, MechToken: mechanism}, "explicit,tag:0")
	if err != nil {
		return nil, err
	}
	return gssToken(oidSPNEGO, initial)
}

// gssToken puts the header of RFC 2743, section 3.1, before a token.
func gssToken(mechanism asn1.ObjectIdentifier, token []byte) ([]byte, error) {
	id, err := asn1.Marshal(mechanism)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(asn1.RawValue{Class: asn1.ClassApplication, IsCompound: true, Bytes: slices.Concat(id, token)})
}

// gssChecksum is the checksum of RFC 4121, section 4.1.1, without channel bindings.
func gssChecksum() []byte {
	checksum := make([]byte, 24)
	binary.LittleEndian.PutUint32(checksum, 16)
	binary.LittleEndian.PutUint32(checksum[20:], gssConfidentiality|gssIntegrity)
	return checksum
}
