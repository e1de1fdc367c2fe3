// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"errors"
	"fmt"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// MissingVariableError marks a template with an environment variable that is not
// set.
type MissingVariableError struct{ Name string }

// Error states which variable is not set.
func (e *MissingVariableError) Error() string {
	return fmt.Sprintf("it names the environment variable %s, which is not set", e.Name)
}

// maxFilledSize limits a text after its variables are filled in: the names in a text
// of a megabyte can stand for gigabytes.
const maxFilledSize = 1 << 20

var (
	errTooLong     = errors.New("it becomes longer than " + localfile.FormatSize(maxFilledSize) + ", which is the limit")
	errLoneBrace   = errors.New("it has an unmatched brace; write {{ or }} for a brace in the value")
	errFieldSyntax = errors.New("it uses a part of Python's format syntax other than {NAME}, {{ and }}")
)

// FillTemplate fills environment variables into a text, as Dask does with each string
// of its gateway configuration (dask_gateway/utils.py, format_template). Of Python's
// str.format it supports only names in braces.
func FillTemplate(text string, env environment.Variables) (string, error) {
	var filled strings.Builder
	for {
		brace := strings.IndexAny(text, "{}")
		if brace < 0 {
			filled.WriteString(text)
			return filled.String(), nil
		}
		filled.WriteString(text[:brace])
		kind, rest := text[brace], text[brace+1:]
		if strings.HasPrefix(rest, string(kind)) {
			filled.WriteByte(kind)
			text = rest[1:]
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if kind == '}' || !closed {
			return "", errLoneBrace
		}
		value, err := lookUpField(name, env)
		if err != nil {
			return "", err
		}
		if filled.Len()+len(value)+len(after) > maxFilledSize {
			return "", errTooLong
		}
		filled.WriteString(value)
		text = after
	}
}

func lookUpField(name string, env environment.Variables) (string, error) {
	// An empty name or a number is a positional argument, and Dask passes none.
	if strings.Trim(name, "0123456789") == "" || strings.ContainsAny(name, "{!:.[") {
		return "", errFieldSyntax
	}
	value, ok := env.Lookup(name)
	if !ok {
		return "", &MissingVariableError{Name: name}
	}
	return value, nil
}

// DescribeTemplateError returns the detail of a diagnostic about an error of
// FillTemplate.
func DescribeTemplateError(err error) string {
	return "In Dask's configuration, names in braces stand for environment variables. The provider cannot fill in this value: " + err.Error() + "."
}
