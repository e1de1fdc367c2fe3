// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
)

// The ports are below the range that Linux uses for outgoing connections (32768 and up).
// A free port therefore stays free until the server listens on it, unless another process
// that calls freeAddresses chooses the same port.
const (
	firstPort = 12000
	lastPort  = 32000
)

// freeAddresses returns n loopback addresses, host:port, that no process listens on.
func freeAddresses(ctx context.Context, n int) ([]string, error) {
	var listeners []net.Listener
	defer func() {
		for _, listener := range listeners {
			_ = listener.Close()
		}
	}()
	var addresses []string
	var config net.ListenConfig
	for tries := 0; len(addresses) < n; tries++ {
		offset, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			return nil, fmt.Errorf("choose a port: %w", err)
		}
		listener, err := config.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+offset.Int64()))
		if err != nil {
			if tries > 100 {
				return nil, errors.Join(errors.New("found no free loopback port"), err)
			}
			continue
		}
		listeners = append(listeners, listener)
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
