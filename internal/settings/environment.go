// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"os"
	"strings"
)

// Environment is a set of environment variables in the order in which the
// process got them: of two names that Dask takes for the same key, the later
// one counts. The zero value is an empty environment.
type Environment struct {
	names  []string
	values map[string]string
}

// OSEnvironment returns the environment of this process.
func OSEnvironment() Environment {
	return NewEnvironment(os.Environ())
}

// NewEnvironment makes an environment of "NAME=value" pairs. Of a repeated name
// the first counts, as in Go and in Python; what has no "=" after its first
// byte is left out.
func NewEnvironment(pairs []string) Environment {
	env := Environment{values: make(map[string]string, len(pairs))}
	for _, pair := range pairs {
		// Windows has variables such as "=C:", whose names begin with the "=".
		equals := strings.Index(pair, "=")
		if equals < 1 {
			continue
		}
		name := pair[:equals]
		if _, repeated := env.values[name]; repeated {
			continue
		}
		env.names = append(env.names, name)
		env.values[name] = pair[equals+1:]
	}
	return env
}

// Lookup returns a variable's value and whether the variable exists.
func (e Environment) Lookup(name string) (string, bool) {
	value, ok := e.values[name]
	return value, ok
}
