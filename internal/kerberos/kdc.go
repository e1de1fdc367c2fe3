// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

const (
	// ticketTimeout limits the time to get one ticket, with all files and requests.
	ticketTimeout = time.Minute
	// kdcTimeout limits one attempt to reach one KDC.
	kdcTimeout = 5 * time.Second
	// maxReplySize limits the reply of a KDC. The MIT library has the same limit for
	// TCP (src/lib/krb5/os/sendto_kdc.c).
	maxReplySize = 1 << 20
	// maxDatagramSize is the largest reply that UDP can carry.
	maxDatagramSize = 1 << 16
)

var (
	// errNoKDC marks a realm without a KDC in krb5.conf and in DNS.
	errNoKDC = errors.New("no KDC")
	// errNoReply marks a request that no KDC replied to.
	errNoReply = errors.New("no reply")
)

// noKDCError describes where the KDC of a realm is missing.
type noKDCError struct{ realm string }

func (e *noKDCError) Error() string {
	realm := visibleName(e.realm)
	return fmt.Sprintf("krb5.conf names no KDC of the realm %s. It needs %s = { kdc = HOST } below [realms]", realm, realm)
}

func (e *noKDCError) Is(target error) bool { return target == errNoKDC }

// noReplyError lists what went wrong with each KDC.
type noReplyError struct{ failures []string }

func (e *noReplyError) Error() string { return strings.Join(e.failures, "; ") }

func (e *noReplyError) Is(target error) bool { return target == errNoReply }

// send sends a request to the KDCs of a realm, one after the other, and returns the
// first reply. A reply that is an error is returned as a messages.KRBError.
func (x *exchange) send(ctx context.Context, realm string, request []byte) ([]byte, error) {
	networks := []string{"udp", "tcp"}
	switch limit := x.config.LibDefaults.UDPPreferenceLimit; {
	case limit == 1:
		networks = []string{"tcp"}
	case len(request) > limit:
		networks = []string{"tcp", "udp"}
	}
	failed := &noReplyError{}
	for _, network := range networks {
		addresses, err := x.kdcAddresses(ctx, realm, network)
		if err != nil {
			return nil, err
		}
		for _, address := range addresses {
			reply, err := sendTo(ctx, network, address, request)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				failed.failures = append(failed.failures, err.Error())
				continue
			}
			refused, isError := parseKDCError(reply)
			if !isError {
				return reply, nil
			}
			if network == "udp" && refused.ErrorCode == errorcode.KRB_ERR_RESPONSE_TOO_BIG {
				break
			}
			return nil, refused
		}
	}
	return nil, failed
}

// parseKDCError reports whether a reply is an error. Only errors decode as one.
func parseKDCError(reply []byte) (messages.KRBError, bool) {
	var refused messages.KRBError
	err := refused.Unmarshal(reply)
	return refused, err == nil
}

// kdcAddresses returns the KDCs that krb5.conf lists for a realm, or those in DNS.
func (x *exchange) kdcAddresses(ctx context.Context, realm, network string) ([]string, error) {
	if addresses := x.profile.kdcs[realm]; len(addresses) > 0 {
		return addresses, nil
	}
	if !x.profile.looksUpKDCs() {
		return nil, &noKDCError{realm}
	}
	_, records, err := net.DefaultResolver.LookupSRV(ctx, "kerberos", network, realm)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &noReplyError{[]string{err.Error()}}
	}
	var addresses []string
	for _, record := range records {
		addresses = append(addresses, net.JoinHostPort(strings.TrimSuffix(record.Target, "."), strconv.Itoa(int(record.Port))))
	}
	return addresses, nil
}

// sendTo sends a request to one KDC and returns its reply.
func sendTo(ctx context.Context, network, address string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcTimeout)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	// A closed connection ends the read that waits for the reply.
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()
	var reply []byte
	if network == "udp" {
		reply, err = sendDatagram(connection, request)
	} else {
		reply, err = sendByStream(connection, request)
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the KDC %s did not reply by %s within %s", address, strings.ToUpper(network), kdcTimeout)
	case err != nil:
		return nil, fmt.Errorf("the KDC %s did not reply by %s: %w", address, strings.ToUpper(network), err)
	}
	return reply, nil
}

func sendDatagram(connection net.Conn, request []byte) ([]byte, error) {
	if _, err := connection.Write(request); err != nil {
		return nil, err
	}
	reply := make([]byte, maxDatagramSize)
	length, err := connection.Read(reply)
	return reply[:length], err
}

// sendByStream puts the length before the request and expects it before the reply
// (RFC 4120, section 7.2.2).
func sendByStream(connection net.Conn, request []byte) ([]byte, error) {
	framed := binary.BigEndian.AppendUint32(nil, uint32(len(request))) //nolint:gosec // a request has a few KiB
	if _, err := connection.Write(append(framed, request...)); err != nil {
		return nil, err
	}
	var header [4]byte
	if _, err := io.ReadFull(connection, header[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(header[:])
	if length > maxReplySize {
		return nil, fmt.Errorf("its reply of %d bytes is above the limit of %s", length, localfile.FormatSize(maxReplySize))
	}
	reply := make([]byte, length)
	_, err := io.ReadFull(connection, reply)
	return reply, err
}
