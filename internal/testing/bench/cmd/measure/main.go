// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

// Command measure runs a command and appends the resources that it used to the file
// in BENCH_RECORD. Under the name of a provider it runs that provider from the folder
// "measured" next to it. This measures processes that terraform starts and stops.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run() (int, error) {
	command, name := os.Args[1:], filepath.Base(os.Args[0])
	if strings.HasPrefix(name, "terraform-provider-") {
		self, err := os.Executable()
		if err != nil {
			return 1, err
		}
		command = append([]string{filepath.Join(filepath.Dir(self), "measured", name)}, command...)
		// Terraform handles Ctrl-C.
		signal.Ignore(os.Interrupt)
	}
	if len(command) == 0 {
		return 2, errors.New("usage: measure COMMAND [ARGUMENT...]")
	}
	// The kernel kills the command when the thread that started it exits (prctl(2)).
	runtime.LockOSThread()
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // the measured command, which ends by itself
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if cmd.ProcessState == nil {
		return 1, err
	}
	return max(cmd.ProcessState.ExitCode(), 0), write(filepath.Base(command[0]), wall, cmd.ProcessState)
}

// write appends the record with one system call, so that the records of two processes
// do not mix.
func write(name string, wall time.Duration, state *os.ProcessState) error {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("the kernel does not report the used resources")
	}
	record := bench.Record{
		Name: name, Wall: wall.Seconds(), CPU: (state.UserTime() + state.SystemTime()).Seconds(),
		// In KiB: getrusage(2).
		Memory: float64(usage.Maxrss) / 1024,
	}
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(os.Getenv("BENCH_RECORD"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the requested file
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}
