// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

const secretText = "c0ffee-very-secret"

type holder struct {
	Exported   secret.String
	unexported secret.String
	inside     struct{ deep *secret.String }
}

func TestString_isNeverPrinted(t *testing.T) {
	t.Parallel()
	s := secret.New(secretText)
	filled := holder{Exported: s, unexported: s}
	filled.inside.deep = &s
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%10s"} {
		for _, value := range []any{s, &s, filled, &filled, []secret.String{s}, map[string]secret.String{"k": s}} {
			printed := fmt.Sprintf(verb, value)
			if strings.Contains(printed, secretText) || strings.Contains(printed, fmt.Sprintf("%x", secretText)) {
				t.Errorf("%s of %T printed %q", verb, value, printed)
			}
		}
	}
}

func TestString_isMaskedByEncoders(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(map[string]any{"a": secret.New(secretText), "b": holder{Exported: secret.New(secretText)}})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "token", secret.New(secretText))
	for _, out := range []string{string(encoded), logged.String()} {
		if strings.Contains(out, secretText) || !strings.Contains(out, "***") {
			t.Errorf("encoded as %s", out)
		}
	}
}

func TestString_revealsItsText(t *testing.T) {
	t.Parallel()
	if got := secret.New(secretText).Reveal(); got != secretText {
		t.Errorf("Reveal() = %q", got)
	}
	if !secret.New("").IsZero() || secret.New(secretText).IsZero() {
		t.Error("only the empty text is zero")
	}
	if got := (secret.String{}).String(); got != "" {
		t.Errorf("the zero String prints %q", got)
	}
}
