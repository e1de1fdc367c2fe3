// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package environment passes environment variables to the functions that read
// them, so that tests need not change the environment of the process.
package environment

import (
	"iter"
	"os"
	"runtime"
	"strings"
)

// Variables is a set of environment variables in the order of the process's
// environment. The order matters: if two names stand for the same key of Dask, the
// later one applies. The zero value is an empty environment.
type Variables struct {
	names  []string
	values map[string]string
	folder string
}

// OfProcess returns the environment and the working directory of this process.
func OfProcess() Variables {
	variables := New(os.Environ())
	variables.folder, _ = os.Getwd()
	return variables
}

// New creates an environment from "NAME=value" pairs. If a name is repeated, the
// first value applies, as in Go and Python. New skips pairs without an "=" after the
// first byte.
func New(pairs []string) Variables {
	env := Variables{values: make(map[string]string, len(pairs))}
	for _, pair := range pairs {
		// Windows has variables such as "=C:", whose names begin with the "=".
		equals := strings.Index(pair, "=")
		if equals < 1 {
			continue
		}
		name := pair[:equals]
		if _, isRepeated := env.values[name]; isRepeated {
			continue
		}
		env.names = append(env.names, name)
		env.values[name] = pair[equals+1:]
	}
	return env
}

// Lookup returns a variable's value and whether the variable exists.
func (e Variables) Lookup(name string) (string, bool) {
	value, ok := e.values[name]
	return value, ok
}

// All returns the names and values in order.
func (e Variables) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, name := range e.names {
			if !yield(name, e.values[name]) {
				return
			}
		}
	}
}

// WorkingDirectory returns the working directory of the process with this
// environment, or "" if it is unknown.
func (e Variables) WorkingDirectory() string { return e.folder }

// InDirectory returns the same variables with another working directory.
func (e Variables) InDirectory(folder string) Variables {
	e.folder = folder
	return e
}

// Home returns the home folder like Python's os.path.expanduser("~"), or "" if no
// environment variable contains it.
func (e Variables) Home() string {
	name := "HOME"
	if runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	home, _ := e.Lookup(name)
	return home
}

// Describe returns the description of a variable in messages.
func Describe(name string) string { return "the environment variable " + name }
