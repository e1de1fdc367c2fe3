// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package kerberos

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// cacheWriter writes a credential cache in one of the four versions.
type cacheWriter struct {
	version uint8
	order   binary.AppendByteOrder
	content []byte
}

func (w *cacheWriter) numbers16(numbers ...uint16) {
	for _, number := range numbers {
		w.content = w.order.AppendUint16(w.content, number)
	}
}

func (w *cacheWriter) numbers32(numbers ...uint32) {
	for _, number := range numbers {
		w.content = w.order.AppendUint32(w.content, number)
	}
}

func (w *cacheWriter) data(text string) {
	w.numbers32(uint32(len(text))) //nolint:gosec // a short text
	w.content = append(w.content, text...)
}

func (w *cacheWriter) principal(realm string, components ...string) {
	count := uint32(len(components)) //nolint:gosec // a short list
	if w.version == 1 {
		count++
	} else {
		w.numbers32(1)
	}
	w.numbers32(count)
	w.data(realm)
	for _, component := range components {
		w.data(component)
	}
}

// writeCache writes a cache of alice with a configuration entry and a ticket.
func writeCache(version uint8) []byte {
	w := &cacheWriter{version: version, order: binary.BigEndian, content: []byte{5, version}}
	if version < 3 {
		w.order = binary.NativeEndian
	}
	if version == 4 {
		// An offset of the clock, and a field of a kind that does not exist yet.
		w.numbers16(12+6, 1, 8)
		w.numbers32(0, 0)
		w.numbers16(99, 2, 0)
	}
	w.principal("PC.TEST", "alice")
	for _, service := range [][]string{{"X-CACHECONF:", "krb5_ccache_conf_data", "pa_type"}, {"PC.TEST", "krbtgt", "PC.TEST"}} {
		w.principal("PC.TEST", "alice")
		w.principal(service[0], service[1:]...)
		w.numbers16(18)
		if version == 3 {
			w.numbers16(18)
		}
		w.data("key")
		w.numbers32(1, 2, 3, 4)
		w.content = append(w.content, 0)
		w.numbers32(0x40e10000)
		for range 2 {
			w.numbers32(1)
			w.numbers16(2)
			w.data("address or authorization")
		}
		w.data("ticket")
		w.data("")
	}
	return w.content
}

func TestParseCache_readsAllVersions(t *testing.T) {
	t.Parallel()
	for version := range uint8(4) {
		content := writeCache(version + 1)
		cache, err := parseCache(content)
		if err != nil {
			t.Errorf("version %d: %v", version+1, err)
			continue
		}
		if cache.client.String() != "alice@PC.TEST" || len(cache.credentials) != 2 {
			t.Errorf("version %d: %d credentials of %s", version+1, len(cache.credentials), cache.client)
		}
		got := cache.credentials[1]
		if got.service.String() != "krbtgt/PC.TEST@PC.TEST" || got.key.KeyType != 18 || string(got.key.KeyValue) != "key" ||
			!got.startTime.Equal(time.Unix(2, 0)) || !got.endTime.Equal(time.Unix(3, 0)) || string(got.ticket) != "ticket" {
			t.Errorf("version %d: %+v", version+1, got)
		}
		for length := range len(content) {
			cut, err := parseCache(content[:length])
			if err == nil && len(cut.credentials) == 2 {
				t.Errorf("version %d: %d of %d bytes are a whole cache", version+1, length, len(content))
			}
		}
	}
}

// FuzzParseCache checks that no cache causes a panic or unlimited allocations.
func FuzzParseCache(f *testing.F) {
	for version := range uint8(6) {
		f.Add(writeCache(version))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		cache, err := parseCache(slices.Clone(content))
		if err == nil && len(cache.credentials) > len(content) {
			t.Errorf("%d credentials in %d bytes", len(cache.credentials), len(content))
		}
	})
}
