// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

// AssertHidden formats values in every way in which logs and reports may format them,
// and fails if a result contains a secret.
func AssertHidden(t *testing.T, secrets []string, values ...any) {
	t.Helper()
	for _, value := range values {
		for format, text := range formatted(value) {
			for _, hidden := range secrets {
				if strings.Contains(text, hidden) || strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(hidden))) {
					t.Errorf("%s of %T contains %q: %s", format, value, hidden, text)
				}
			}
		}
	}
}

func formatted(value any) map[string]string {
	found := map[string]string{"fmt.Sprint": fmt.Sprint(value, []any{value}, map[string]any{"x": value}, struct{ X any }{value})}
	for _, verb := range []string{"%s", "%q", "%x", "%X", "%d", "%v", "%+v", "%#v"} {
		found[verb] = fmt.Sprintf(verb, value)
	}
	if marshalled, err := json.Marshal(value); err == nil {
		found["JSON"] = string(marshalled)
	}
	for _, asJSON := range []bool{false, true} {
		var lines strings.Builder
		logger := hclog.New(&hclog.LoggerOptions{Output: &lines, JSONFormat: asJSON, Level: hclog.Trace})
		logger.Trace("dump", "value", value)
		logger.With("value", value).Error("dump")
		found[fmt.Sprintf("hclog, JSON %t", asJSON)] = lines.String()
	}
	var lines strings.Builder
	slog.New(slog.NewJSONHandler(&lines, nil)).Error("dump", "value", value)
	slog.New(slog.NewTextHandler(&lines, nil)).Error("dump", "value", value)
	found["slog"] = lines.String()
	return found
}
