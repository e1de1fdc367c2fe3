// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos_test

import (
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const clientPassword = "alice's password"

// fakeKDC issues tickets to alice by TCP. It requires pre-authentication.
type fakeKDC struct {
	t *testing.T
	// clientKeys, grantingKeys and serviceKeys are the keys of alice, of the KDC and of
	// the server.
	clientKeys, grantingKeys, serviceKeys *keytab.Keytab
	// lifetime is that of a ticket.
	lifetime atomic.Int64
	// authentications and grants count the tickets that were issued.
	authentications, grants atomic.Int32
}

func newKeys(t *testing.T, name, password string) *keytab.Keytab {
	t.Helper()
	keys := keytab.New()
	if err := keys.AddEntry(name, realm, password, time.Unix(1, 0), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	return keys
}

func newFakeKDC(t *testing.T, serviceKeys *keytab.Keytab) *fakeKDC {
	t.Helper()
	kdc := &fakeKDC{
		t: t, serviceKeys: serviceKeys,
		clientKeys: newKeys(t, "alice", clientPassword), grantingKeys: newKeys(t, "krbtgt/"+realm, "the KDC's password"),
	}
	kdc.lifetime.Store(int64(time.Hour))
	return kdc
}

// readRequest returns a request without its length.
func readRequest(connection net.Conn) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(connection, header[:]); err != nil {
		return nil, err
	}
	request := make([]byte, binary.BigEndian.Uint32(header[:]))
	_, err := io.ReadFull(connection, request)
	return request, err
}

func (kdc *fakeKDC) listen() string {
	return scripted.ListenTCP(kdc.t, func(connection net.Conn) {
		request, err := readRequest(connection)
		if err != nil {
			return
		}
		reply, err := kdc.reply(request)
		if refused, ok := errors.AsType[messages.KRBError](err); ok {
			reply, err = refused.Marshal()
		}
		if err != nil {
			kdc.t.Errorf("the KDC cannot reply: %v", err)
			return
		}
		// In two parts, as a network may deliver it.
		framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(reply))), reply...) //nolint:gosec // a reply is small
		_, _ = connection.Write(framed[:2])
		_, _ = connection.Write(framed[2:])
	})
}

func (kdc *fakeKDC) reply(request []byte) ([]byte, error) {
	var authentication messages.ASReq
	if authentication.Unmarshal(request) == nil {
		return kdc.authenticate(authentication)
	}
	var grant messages.TGSReq
	if err := grant.Unmarshal(request); err != nil {
		return nil, err
	}
	return kdc.grant(grant)
}

func (kdc *fakeKDC) authenticate(request messages.ASReq) ([]byte, error) {
	granting := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm)
	key, _, err := kdc.clientKeys.GetEncryptionKey(request.ReqBody.CName, realm, 0, etypeID.AES256_CTS_HMAC_SHA1_96)
	if err != nil {
		return nil, messages.NewKRBError(granting, realm, errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, "")
	}
	if !request.PAData.Contains(patype.PA_ENC_TIMESTAMP) {
		hint, err := asn1.Marshal(types.ETypeInfo2{{EType: etypeID.DES3_CBC_SHA1_KD}, {EType: etypeID.AES256_CTS_HMAC_SHA1_96}})
		if err != nil {
			return nil, err
		}
		refused := messages.NewKRBError(granting, realm, errorcode.KDC_ERR_PREAUTH_REQUIRED, "")
		if refused.EData, err = asn1.Marshal(types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: hint}}); err != nil {
			return nil, err
		}
		return nil, refused
	}
	for _, data := range request.PAData {
		if data.PADataType != patype.PA_ENC_TIMESTAMP {
			continue
		}
		var encrypted types.EncryptedData
		if err := encrypted.Unmarshal(data.PADataValue); err != nil {
			return nil, err
		}
		if _, err := crypto.DecryptEncPart(encrypted, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP); err != nil {
			return nil, messages.NewKRBError(granting, realm, errorcode.KDC_ERR_PREAUTH_FAILED, "")
		}
	}
	kdc.authentications.Add(1)
	fields, err := kdc.issue(request.KDCReqFields, request.ReqBody.CName, granting, kdc.grantingKeys, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		return nil, err
	}
	fields.MsgType = msgtype.KRB_AS_REP
	return (&messages.ASRep{KDCRepFields: fields}).Marshal()
}

func (kdc *fakeKDC) grant(request messages.TGSReq) ([]byte, error) {
	var proof messages.APReq
	for _, data := range request.PAData {
		if data.PADataType == patype.PA_TGS_REQ {
			if err := proof.Unmarshal(data.PADataValue); err != nil {
				return nil, err
			}
		}
	}
	granting := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, "krbtgt/"+realm)
	if err := proof.Ticket.DecryptEncPart(kdc.grantingKeys, &granting); err != nil {
		return nil, err
	}
	if request.ReqBody.SName.PrincipalNameString() != service {
		return nil, messages.NewKRBError(request.ReqBody.SName, realm, errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN, "")
	}
	kdc.grants.Add(1)
	fields, err := kdc.issue(request.KDCReqFields, proof.Ticket.DecryptedEncPart.CName, request.ReqBody.SName, kdc.serviceKeys,
		proof.Ticket.DecryptedEncPart.Key, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	if err != nil {
		return nil, err
	}
	fields.MsgType = msgtype.KRB_TGS_REP
	return (&messages.TGSRep{KDCRepFields: fields}).Marshal()
}

// issue creates a ticket and encrypts the part of the reply that is for the client.
func (kdc *fakeKDC) issue(request messages.KDCReqFields, client, server types.PrincipalName, serverKeys *keytab.Keytab,
	replyKey types.EncryptionKey, usage uint32,
) (messages.KDCRepFields, error) {
	begins := clock.Real().Now().UTC().Truncate(time.Second)
	ends := begins.Add(time.Duration(kdc.lifetime.Load()))
	ticket, sessionKey, err := messages.NewTicket(client, realm, server, realm, types.NewKrbFlags(), serverKeys, etypeID.AES256_CTS_HMAC_SHA1_96, 1, begins, begins, ends, begins)
	if err != nil {
		return messages.KDCRepFields{}, err
	}
	part := messages.EncKDCRepPart{
		Key: sessionKey, LastReqs: []messages.LastReq{{LRValue: begins}}, Nonce: request.ReqBody.Nonce, Flags: types.NewKrbFlags(),
		AuthTime: begins, StartTime: begins, EndTime: ends, SRealm: realm, SName: server,
	}
	encoded, err := part.Marshal()
	if err != nil {
		return messages.KDCRepFields{}, err
	}
	encrypted, err := crypto.GetEncryptedData(encoded, replyKey, usage, 1)
	return messages.KDCRepFields{PVNO: iana.PVNO, CRealm: realm, CName: client, Ticket: ticket, EncPart: encrypted}, err
}

// forward sends a request to another KDC and its reply to the client.
func forward(address string, client net.Conn, request []byte) error {
	var dialer net.Dialer
	kdc, err := dialer.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = kdc.Close() }()
	if _, err := kdc.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil { //nolint:gosec // a request is small
		return err
	}
	_, err = io.Copy(client, kdc)
	return err
}
