// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// maxReferrals is how often KDCs may refer a client to another realm.
const maxReferrals = 5

// ticketSource provides the tickets of the client.
type ticketSource interface {
	client() principal
	// stored returns the ticket for a service that the source already has.
	stored(service types.PrincipalName) (serviceTicket, bool)
	// grantingTicket returns the ticket-granting ticket of the client's realm.
	grantingTicket(ctx context.Context, x *exchange) (serviceTicket, error)
}

// exchange sends requests to KDCs and checks their replies.
type exchange struct {
	profile *profile
	config  *config.Config
}

// serviceTicket gets the ticket for the server. If the KDC has no service for the
// host name in the address, the function tries the host's names in DNS, as the MIT
// library does.
func (p *profile) serviceTicket(ctx context.Context, source ticketSource, host string) (serviceTicket, error) {
	x := &exchange{profile: p, config: p.config()}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	credential, err := x.hostTicket(ctx, source, host)
	if hasCode(err, errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN) {
		for _, name := range p.canonicalNames(ctx, host) {
			if credential, err := x.hostTicket(ctx, source, name); err == nil {
				return credential, nil
			}
		}
	}
	if err != nil {
		return serviceTicket{}, describeExchangeError(err, source.client(), "HTTP/"+host)
	}
	return credential, nil
}

func (x *exchange) hostTicket(ctx context.Context, source ticketSource, host string) (serviceTicket, error) {
	service := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "HTTP/"+host)
	if credential, ok := source.stored(service); ok {
		return credential, nil
	}
	granting, err := source.grantingTicket(ctx, x)
	if err != nil {
		return serviceTicket{}, err
	}
	client := source.client()
	realm := x.profile.realmOf(host)
	if realm == "" || realm == client.realm {
		return x.grant(ctx, granting, client.realm, service)
	}
	crossRealm := types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}}
	if granting, err = x.grant(ctx, granting, client.realm, crossRealm); err != nil {
		return serviceTicket{}, err
	}
	return x.grant(ctx, granting, realm, service)
}

// grant requests the ticket of a service from a realm's KDC (TGS exchange, RFC 4120,
// section 3.3). The KDC may refer the client to another realm (RFC 6806, section 8).
func (x *exchange) grant(ctx context.Context, granting serviceTicket, realm string, service types.PrincipalName) (serviceTicket, error) {
	for range 1 + maxReferrals {
		request, err := messages.NewTGSReq(granting.client.name, realm, x.config, granting.ticket, granting.key, service, false)
		if err != nil {
			return serviceTicket{}, err
		}
		encoded, err := request.Marshal()
		if err != nil {
			return serviceTicket{}, err
		}
		received, err := x.send(ctx, realm, encoded)
		if err != nil {
			return serviceTicket{}, err
		}
		var reply messages.TGSRep
		if err := reply.Unmarshal(received); err != nil {
			return serviceTicket{}, err
		}
		if err := reply.DecryptEncPart(granting.key); err != nil {
			return serviceTicket{}, err
		}
		if ok, err := reply.Verify(x.config, request); !ok {
			return serviceTicket{}, err
		}
		credential := serviceTicket{client: granting.client, ticket: reply.Ticket, key: reply.DecryptedEncPart.Key, endTime: reply.DecryptedEncPart.EndTime}
		name := reply.Ticket.SName
		if len(name.NameString) < 2 || name.NameString[0] != "krbtgt" || name.Equal(service) {
			return credential, nil
		}
		granting, realm = credential, name.NameString[len(name.NameString)-1]
	}
	return serviceTicket{}, fmt.Errorf("the KDCs refer the client to more than %d other realms", maxReferrals)
}

// keytabSource is a ticketSource that gets its tickets from a KDC with a key.
type keytabSource struct {
	keys     *keytabKeys
	granting *serviceTicket
}

func (s *keytabSource) client() principal { return s.keys.client }

func (s *keytabSource) stored(types.PrincipalName) (serviceTicket, bool) {
	return serviceTicket{}, false
}

func (s *keytabSource) grantingTicket(ctx context.Context, x *exchange) (serviceTicket, error) {
	if s.granting == nil {
		granting, err := s.authenticate(ctx, x)
		if err != nil {
			return serviceTicket{}, err
		}
		s.granting = &granting
	}
	return *s.granting, nil
}

// authenticate performs the AS exchange (RFC 4120, section 3.1). A KDC that requires
// pre-authentication refuses the first request and names the type of the key.
func (s *keytabSource) authenticate(ctx context.Context, x *exchange) (serviceTicket, error) {
	client := s.keys.client
	s.keys.restrict(x.config)
	request, err := messages.NewASReqForTGT(client.realm, x.config, client.name)
	if err != nil {
		return serviceTicket{}, err
	}
	received, err := x.sendASRequest(ctx, client.realm, request)
	if refused, ok := errors.AsType[messages.KRBError](err); ok &&
		(refused.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED || refused.ErrorCode == errorcode.KDC_ERR_PREAUTH_FAILED) {
		proof, err := s.keys.preAuthentication(refused)
		if err != nil {
			return serviceTicket{}, err
		}
		request.PAData = append(request.PAData, proof)
		if received, err = x.sendASRequest(ctx, client.realm, request); err != nil {
			return serviceTicket{}, err
		}
	} else if err != nil {
		return serviceTicket{}, err
	}
	var reply messages.ASRep
	if err := reply.Unmarshal(received); err != nil {
		return serviceTicket{}, err
	}
	owner := credentials.NewFromPrincipalName(client.name, client.realm).WithKeytab(s.keys.table)
	if _, _, err := s.keys.table.GetEncryptionKey(reply.CName, reply.CRealm, reply.EncPart.KVNO, reply.EncPart.EType); err != nil {
		return serviceTicket{}, errNoKey
	}
	if _, err := reply.DecryptEncPart(owner); err != nil {
		return serviceTicket{}, errWrongKey
	}
	if ok, err := reply.Verify(x.config, owner, request); !ok {
		return serviceTicket{}, err
	}
	return serviceTicket{client: client, ticket: reply.Ticket, key: reply.DecryptedEncPart.Key, endTime: reply.DecryptedEncPart.EndTime}, nil
}

func (x *exchange) sendASRequest(ctx context.Context, realm string, request messages.ASReq) ([]byte, error) {
	encoded, err := request.Marshal()
	if err != nil {
		return nil, err
	}
	return x.send(ctx, realm, encoded)
}

var (
	// errNoKey marks a keytab without a key of the type and version that the KDC uses.
	errNoKey = errors.New("no matching key")
	// errWrongKey marks a reply that the keytab's key cannot decrypt.
	errWrongKey = errors.New("the reply does not match the key")
)

// preAuthentication proves the possession of a key by a timestamp (RFC 4120, section
// 5.2.7.2). The KDC's refusal lists the types of keys that it accepts.
func (k *keytabKeys) preAuthentication(refused messages.KRBError) (types.PAData, error) {
	encryptionType, err := k.acceptedType(refused)
	if err != nil {
		return types.PAData{}, err
	}
	key, version, err := k.table.GetEncryptionKey(k.client.name, k.client.realm, 0, encryptionType)
	if err != nil {
		return types.PAData{}, errNoKey
	}
	timestamp, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return types.PAData{}, err
	}
	encrypted, err := crypto.GetEncryptedData(timestamp, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, version)
	if err != nil {
		return types.PAData{}, err
	}
	value, err := encrypted.Marshal()
	return types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value}, err
}

// acceptedType returns the first key type in the KDC's refusal for which the keytab
// has a key (RFC 4120, section 5.2.7.5).
func (k *keytabKeys) acceptedType(refused messages.KRBError) (int32, error) {
	var hints types.PADataSequence
	if err := hints.Unmarshal(refused.EData); err != nil {
		return 0, err
	}
	for _, hint := range hints {
		var accepted []int32
		switch hint.PADataType {
		case patype.PA_ETYPE_INFO2:
			entries, err := hint.GetETypeInfo2()
			if err != nil {
				return 0, err
			}
			for _, entry := range entries {
				accepted = append(accepted, entry.EType)
			}
		case patype.PA_ETYPE_INFO:
			entries, err := hint.GetETypeInfo()
			if err != nil {
				return 0, err
			}
			for _, entry := range entries {
				accepted = append(accepted, entry.EType)
			}
		}
		for _, id := range accepted {
			if slices.Contains(k.encryptionTypes, id) {
				return id, nil
			}
		}
	}
	return 0, errNoKey
}

// canonicalNames returns the names of a host in DNS.
func (p *profile) canonicalNames(ctx context.Context, host string) []string {
	if !p.canonicalizesHostnames() {
		return nil
	}
	var names []string
	add := func(name string) {
		if name = strings.ToLower(strings.TrimSuffix(name, ".")); name != "" && name != host {
			names = append(names, name)
		}
	}
	if name, err := net.DefaultResolver.LookupCNAME(ctx, host); err == nil {
		add(name)
	}
	if !p.usesReverseDNS() {
		return names
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil || len(addresses) == 0 {
		return names
	}
	reverse, err := net.DefaultResolver.LookupAddr(ctx, addresses[0])
	if err == nil && len(reverse) > 0 {
		add(reverse[0])
	}
	return names
}

// kdcErrors are messages for the error codes of RFC 4120, section 7.5.9. %[1]s is the
// client, %[2]s the service, %[3]s the realm.
var kdcErrors = map[int32]string{
	errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: "the KDC of %[3]s has no principal %[1]s",
	errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN: "the KDC of %[3]s has no service %[2]s. The host in the address must be the one that the gateway's keytab was made for",
	errorcode.KDC_ERR_PREAUTH_FAILED:      "the KDC of %[3]s refuses the keytab's key of %[1]s. The keytab is older than the password",
	errorcode.KDC_ERR_CLIENT_REVOKED:      "the KDC of %[3]s has locked %[1]s",
	errorcode.KDC_ERR_KEY_EXPIRED:         "the password of %[1]s has expired",
	errorcode.KDC_ERR_NAME_EXP:            "the principal %[1]s has expired",
	errorcode.KDC_ERR_ETYPE_NOSUPP:        "the KDC of %[3]s supports none of the encryption types of this machine's krb5.conf and keytab",
	errorcode.KRB_AP_ERR_SKEW:             "the clocks of this machine and of the KDC of %[3]s are too far apart",
	errorcode.KRB_AP_ERR_TKT_EXPIRED:      "the ticket of %[1]s has expired",
	errorcode.KDC_ERR_TGT_REVOKED:         "the ticket of %[1]s was revoked",
}

func hasCode(err error, code int32) bool {
	refused, ok := errors.AsType[messages.KRBError](err)
	return ok && refused.ErrorCode == code
}

// describeExchangeError returns a message for users about a failed exchange.
func describeExchangeError(err error, client principal, service string) error {
	realm := visibleName(client.realm)
	if refused, ok := errors.AsType[messages.KRBError](err); ok {
		if text, isKnown := kdcErrors[refused.ErrorCode]; isKnown {
			return fmt.Errorf(text, client, service, realm)
		}
	}
	switch {
	case errors.Is(err, errNoKDC):
		return err
	case errors.Is(err, errNoReply):
		return fmt.Errorf("no KDC of the realm %s responds: %w", realm, err)
	case errors.Is(err, errNoKey):
		return fmt.Errorf("the keytab has no key of %s of the type and version that the KDC of %s uses", client, realm)
	case errors.Is(err, errWrongKey):
		return fmt.Errorf("the keytab's key of %s is not the one that the KDC of %s has. The keytab is older than the password", client, realm)
	}
	return fmt.Errorf("the KDC of %s issued no ticket for %s: %w", realm, service, err)
}
