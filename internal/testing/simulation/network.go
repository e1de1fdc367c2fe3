// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// maxSpread is how far requests that are sent at the same instant are spread.
const maxSpread = time.Millisecond

// network is a listener in memory. Its connections are pipes, so that the bubble
// knows when everybody waits.
type network struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newNetwork() *network {
	return &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept waits for a connection.
func (n *network) Accept() (net.Conn, error) {
	select {
	case connection := <-n.accepted:
		return connection, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and dial.
func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr is a loopback address, to which the provider uses no proxy and may send
// credentials in clear text.
func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// link is what a provider process has of the network.
type link struct {
	network *network
	mu      sync.Mutex
	open    []net.Conn
	isCut   bool
}

// dial connects to the listener. It has the signature of net.Dialer.DialContext.
func (l *link) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	l.mu.Lock()
	isCut := l.isCut
	l.open = append(l.open, ours)
	l.mu.Unlock()
	if isCut {
		return nil, net.ErrClosed
	}
	select {
	case l.network.accepted <- theirs:
		return ours, nil
	case <-l.network.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cut closes the connections for good, as the end of the process does.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = true
	for _, each := range l.open {
		_ = each.Close()
	}
}

// wrap makes a transport use the network.
func (l *link) wrap(transport *http.Transport) http.RoundTripper {
	transport.DialContext = l.dial
	return spreadRequests{transport}
}

// addressKey is the key of the resource's address in the context of an apply.
type addressKey struct{}

// spreadRequests delays each request by a part of maxSpread that depends on what it
// requests and for which resource. Requests that are sent at the same instant would
// arrive in any order otherwise, and the history would not be repeatable.
type spreadRequests struct{ next http.RoundTripper }

// RoundTrip sends the request after its delay.
func (s spreadRequests) RoundTrip(r *http.Request) (*http.Response, error) {
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, r.Method, r.URL, r.Context().Value(addressKey{}))
	if err := clock.Real().Sleep(r.Context(), 1+time.Duration(sum.Sum64()%uint64(maxSpread))); err != nil {
		return nil, err
	}
	return s.next.RoundTrip(r)
}
