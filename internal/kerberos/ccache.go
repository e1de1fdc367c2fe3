// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// maxCacheSize is far above the size of any credential cache: a ticket with a large
// authorization field of Active Directory takes 64 KiB.
const maxCacheSize = 4 << 20

// errUntrustedOwner marks a file that another user may have written.
var errUntrustedOwner = errors.New("not safe to use")

// credentialCache is the content of a credential cache of type FILE.
type credentialCache struct {
	client      principal
	credentials []cachedCredential
}

type cachedCredential struct {
	service            principal
	key                types.EncryptionKey
	startTime, endTime time.Time
	ticket             []byte
}

// openCache reads the credential cache. Its ticket-granting ticket must be valid.
func (a *Auth) openCache(ctx context.Context, p *profile) (ticketSource, error) {
	path, origin, err := p.cachePath(a.cfg.Cache)
	if err != nil {
		return nil, err
	}
	where := fmt.Sprintf("the credential cache FILE:%s (%s)", path, origin)
	content, err := localfile.Read(ctx, path, maxCacheSize, checkOwner)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no ticket: %s does not exist", where)
	case err != nil:
		return nil, fmt.Errorf("%s %s", where, describeReadError(err))
	}
	cache, err := parseCache(content)
	if err != nil {
		return nil, fmt.Errorf("%s is not a valid credential cache. Run `klist` to inspect it", where)
	}
	if !cache.client.matches(a.cfg.Principal) {
		return nil, fmt.Errorf("%s has tickets of %s, but principal is %s", where, cache.client, visibleName(a.cfg.Principal))
	}
	granting, ok := cache.find(types.PrincipalName{NameString: []string{"krbtgt", cache.client.realm}})
	if !ok {
		return nil, fmt.Errorf("%s has no ticket-granting ticket of %s", where, cache.client)
	}
	now := a.cfg.Clock.Now()
	if !now.Before(granting.endTime) {
		return nil, fmt.Errorf("the ticket of %s in %s expired at %s", cache.client, where, granting.endTime.UTC().Format(time.RFC3339))
	}
	source := &cacheSource{cache: cache, now: now}
	if source.granting, err = granting.decode(cache.client); err != nil {
		return nil, fmt.Errorf("%s has a malformed ticket of %s", where, cache.client)
	}
	return source, nil
}

// find returns the first credential for a service.
func (c *credentialCache) find(service types.PrincipalName) (cachedCredential, bool) {
	i := slices.IndexFunc(c.credentials, func(cached cachedCredential) bool {
		// Realms with this prefix contain configuration instead of tickets.
		return cached.service.name.Equal(service) && !strings.HasPrefix(cached.service.realm, "X-CACHECONF")
	})
	if i < 0 {
		return cachedCredential{}, false
	}
	return c.credentials[i], true
}

func (c cachedCredential) decode(client principal) (serviceTicket, error) {
	credential := serviceTicket{client: client, key: c.key, endTime: c.endTime}
	err := recovered(func() error { return credential.ticket.Unmarshal(c.ticket) })
	return credential, err
}

// cacheSource is a ticketSource that returns the tickets of a credential cache.
type cacheSource struct {
	cache    *credentialCache
	granting serviceTicket
	now      time.Time
}

func (s *cacheSource) client() principal { return s.cache.client }

func (s *cacheSource) grantingTicket(context.Context, *exchange) (serviceTicket, error) {
	return s.granting, nil
}

func (s *cacheSource) stored(service types.PrincipalName) (serviceTicket, bool) {
	found, ok := s.cache.find(service)
	if !ok || s.now.Before(found.startTime) || !s.now.Before(found.endTime) {
		return serviceTicket{}, false
	}
	credential, err := found.decode(s.cache.client)
	return credential, err == nil
}

// parseCache reads the format that MIT describes in "Credential cache file format",
// versions 1 to 4. gokrb5's parser is not used: it allocates as much as the lengths
// in the file demand, up to 100 GiB for a file of 250 bytes.
func parseCache(content []byte) (*credentialCache, error) {
	r := &cacheReader{rest: content, order: binary.BigEndian}
	if r.uint8() != 5 {
		return nil, errMalformed
	}
	r.version = r.uint8()
	switch r.version {
	case 1, 2:
		r.order = binary.NativeEndian
	case 3:
	case 4:
		r.readBytes(uint32(r.uint16()))
	default:
		return nil, errMalformed
	}
	cache := &credentialCache{client: r.principal()}
	for len(r.rest) > 0 {
		cache.credentials = append(cache.credentials, r.credential())
	}
	if r.isMalformed {
		return nil, errMalformed
	}
	return cache, nil
}

// cacheReader reads the fields of a credential cache one after the other. A field
// that is longer than the rest of the file makes the file malformed, and ends the
// read.
type cacheReader struct {
	rest        []byte
	order       binary.ByteOrder
	version     uint8
	isMalformed bool
}

func (r *cacheReader) readBytes(length uint32) []byte {
	if uint64(length) > uint64(len(r.rest)) {
		r.isMalformed, r.rest = true, nil
		return nil
	}
	field := r.rest[:length]
	r.rest = r.rest[length:]
	return field
}

func (r *cacheReader) uint8() uint8 {
	if field := r.readBytes(1); field != nil {
		return field[0]
	}
	return 0
}

func (r *cacheReader) uint16() uint16 {
	if field := r.readBytes(2); field != nil {
		return r.order.Uint16(field)
	}
	return 0
}

func (r *cacheReader) uint32() uint32 {
	if field := r.readBytes(4); field != nil {
		return r.order.Uint32(field)
	}
	return 0
}

func (r *cacheReader) data() []byte { return r.readBytes(r.uint32()) }

func (r *cacheReader) time() time.Time { return time.Unix(int64(r.uint32()), 0) }

// repeat reads a list of count elements. It stops at the end of the file, so that a
// large count costs nothing.
func (r *cacheReader) repeat(count uint32, read func()) {
	for range count {
		if r.isMalformed {
			return
		}
		read()
	}
}

func (r *cacheReader) principal() principal {
	p := principal{name: types.PrincipalName{NameType: nametype.KRB_NT_UNKNOWN}}
	if r.version != 1 {
		p.name.NameType = int32(r.uint32()) //nolint:gosec // a signed number in the file
	}
	components := r.uint32()
	if r.version == 1 {
		// Version 1 counts the realm as well.
		components = max(components, 1) - 1
	}
	p.realm = string(r.data())
	r.repeat(components, func() { p.name.NameString = append(p.name.NameString, string(r.data())) })
	return p
}

func (r *cacheReader) credential() cachedCredential {
	var c cachedCredential
	r.principal()
	c.service = r.principal()
	c.key.KeyType = int32(r.uint16())
	if r.version == 3 {
		// Version 3 repeats the type.
		r.uint16()
	}
	c.key.KeyValue = r.data()
	r.time() // authentication
	c.startTime, c.endTime = r.time(), r.time()
	r.time() // end of renewals
	r.readBytes(1 + 4)
	readTyped := func() { r.uint16(); r.data() }
	r.repeat(r.uint32(), readTyped) // addresses
	r.repeat(r.uint32(), readTyped) // authorization data
	c.ticket = r.data()
	r.data() // second ticket
	return c
}
