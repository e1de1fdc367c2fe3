// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

// Command bench measures the provider with the real terraform on the built-in mock,
// compared with a provider that does nothing and with Terraform without a provider.
// It also measures the provider alone. With -real it measures on the real gateway,
// compared with the asynchronous Python client. It writes the results for the guide.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/mockprocess"
)

// options are the flags.
type options struct {
	sizes, curve         []int
	runs, clusters       int
	scaling, real        bool
	terraform, measure   string
	provider, time, file string
}

func main() {
	if served, err := mockprocess.Serve(); served {
		exit(err)
		return
	}
	o := options{sizes: []int{1, 10, 100, 1000}, curve: []int{100, 1000, 10000}}
	flag.Func("n", "numbers of resources, separated by commas (1,10,100,1000)", numbers(&o.sizes))
	flag.Func("curve", "numbers of clusters for the provider alone, separated by commas (100,1000,10000); 0 for none", numbers(&o.curve))
	flag.IntVar(&o.runs, "runs", 5, "number of rounds; the results are their medians")
	flag.BoolVar(&o.scaling, "scaling", true, "also measure the growth of Terraform itself, its waiting and several states")
	flag.BoolVar(&o.real, "real", false, "measure on the real gateway, compared with Python; of the flags above, only -runs applies then")
	flag.IntVar(&o.clusters, "clusters", 10, "number of clusters on the real gateway")
	flag.StringVar(&o.terraform, "terraform", "", "the terraform binary")
	flag.StringVar(&o.measure, "measure", "", "the program of internal/testing/bench/cmd/measure")
	flag.StringVar(&o.provider, "provider", "", "this provider's binary")
	flag.StringVar(&o.time, "time", "", "the time provider's binary")
	flag.StringVar(&o.file, "out", "", "the file for the results")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := measure(ctx, o)
	stop()
	exit(err)
}

// exitTargetMissed is the exit code if the results were written but miss a target.
const exitTargetMissed = 3

func exit(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	if errors.Is(err, bench.ErrMissed) {
		os.Exit(exitTargetMissed)
	}
	os.Exit(1)
}

func numbers(into *[]int) func(string) error {
	return func(text string) error {
		*into = nil
		for part := range strings.SplitSeq(text, ",") {
			number, err := strconv.Atoi(part)
			if err != nil || number < 0 {
				return fmt.Errorf("%q is not a number of resources", part)
			}
			if number > 0 {
				*into = append(*into, number)
			}
		}
		return nil
	}
}

func logf(format string, arguments ...any) {
	_, _ = fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}

func measure(ctx context.Context, o options) error {
	if o.runs < 1 || o.clusters < 1 || o.terraform == "" || o.measure == "" || o.provider == "" || o.time == "" || o.file == "" {
		return errors.New("run internal/tools/bench.sh, which builds and finds what this needs")
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	installed, err := install(dir, o.terraform, o.measure, []string{o.provider, o.time})
	if err != nil {
		return err
	}
	machine := bench.ThisMachine(ctx, o.terraform)
	logf("%s", machine)
	if o.real {
		results, err := measureReal(ctx, installed, o.clusters, o.runs)
		if err != nil {
			return err
		}
		results.Machine = machine
		if err := bench.Save(o.file, results); err != nil {
			return err
		}
		return checkTargets(bench.Mock{}, results)
	}
	return measureMock(ctx, o, installed, machine)
}

// measureMock writes the results after each round, so that Ctrl-C loses only the
// current round.
func measureMock(ctx context.Context, o options, installed programs, machine bench.Machine) error {
	results := bench.Mock{Machine: machine}
	var err error
	if results.Curve, err = measureRefreshes(ctx, o.curve, o.runs); err != nil {
		return err
	}
	if o.scaling {
		if err := measureLimits(ctx, installed, &results); err != nil {
			return err
		}
	}
	err = rounds(ctx, installed, o.sizes, o.runs, func(done int, medians []bench.Measurement) error {
		results.Runs, results.Measurements = done, medians
		return bench.Save(o.file, results)
	})
	if err != nil {
		return err
	}
	return checkTargets(results, bench.Real{})
}

// checkTargets prints the verdicts on the targets.
func checkTargets(mock bench.Mock, onGateway bench.Real) error {
	lines, err := bench.Verdict(bench.Targets(mock, onGateway))
	for _, line := range lines {
		logf("%s", line)
	}
	return err
}
