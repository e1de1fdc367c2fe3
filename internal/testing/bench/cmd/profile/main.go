// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command profile plans many clusters with the provider in this process, and writes
// CPU and heap profiles.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/mockprocess"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/protocol"
)

func main() {
	served, err := mockprocess.Serve()
	if !served {
		n := flag.Int("n", 1000, "number of clusters")
		rounds := flag.Int("rounds", 10, "number of plans, each with a new provider")
		dir := flag.String("dir", ".", "folder for cpu.pprof and heap.pprof")
		flag.Parse()
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err = profile(ctx, *n, *rounds, *dir)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func profile(ctx context.Context, n, rounds int, dir string) error {
	// Recording each allocation takes time, which must not appear in the CPU profile.
	runtime.MemProfileRate = 0
	mock, err := mockprocess.Start(ctx, n)
	if err != nil {
		return err
	}
	defer mock.Close()
	first, err := protocol.Start(ctx, mock.Address, mock.Token)
	if err != nil {
		return err
	}
	clusters, err := first.Import(ctx, mock.Names, 10)
	if err != nil {
		return err
	}
	cpu, err := os.Create(filepath.Join(dir, "cpu.pprof")) //nolint:gosec // the requested folder
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = plan(ctx, mock, clusters, rounds)
	pprof.StopCPUProfile()
	if err := errors.Join(err, cpu.Close()); err != nil {
		return err
	}
	runtime.MemProfileRate = 4096
	if err := plan(ctx, mock, clusters, 1); err != nil {
		return err
	}
	heap, err := os.Create(filepath.Join(dir, "heap.pprof")) //nolint:gosec // the requested folder
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(heap), heap.Close())
}

// plan plans with a new provider each time, as terraform does.
func plan(ctx context.Context, mock *mockprocess.Mock, clusters []protocol.Cluster, rounds int) error {
	for range rounds {
		p, err := protocol.Start(ctx, mock.Address, mock.Token)
		if err != nil {
			return err
		}
		if err := p.Plan(ctx, clusters); err != nil {
			return err
		}
	}
	return nil
}
