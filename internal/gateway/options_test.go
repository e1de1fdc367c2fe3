// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

var background = context.Background()

func TestOptions_decodes(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(optionsRequest, optionsReply)
	got, err := client.Options(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	minimum, maximum, one := json.Number("0.1"), json.Number("8"), json.Number("1.0")
	want := []gateway.Option{
		{Field: "worker_cores", Label: "Worker Cores", Default: json.Number("1"), Type: gateway.OptionFloat, Min: &minimum, Max: &maximum},
		{Field: "worker_memory", Label: "Worker Memory (GiB)", Default: json.Number("8.0"), Type: gateway.OptionFloat, Min: &one},
	}
	if len(got) != 7 || !reflect.DeepEqual(got[:2], want) {
		t.Errorf("got %+v", got)
	}
	if choices := got[5].Choices; !reflect.DeepEqual(choices, []string{"small", "large"}) {
		t.Errorf("choices %q", choices)
	}
}

func TestOptions_areReadOnce(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(optionsRequest, errorReply(403, "no"), optionsReply)
	if _, err := client.Options(t.Context()); err == nil {
		t.Error("no error")
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := client.Options(t.Context()); err != nil || len(got) != 7 {
				t.Errorf("got %d options, %v", len(got), err)
			}
		})
	}
	all.Wait()
	server.Expect(t, optionsRequest, optionsRequest)
}

// The restart takes longer than the retries of one request.
func TestOptions_toleratesARestart(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(optionsRequest, badGatewayReply, proxyNotFoundReply, proxyNotFoundReply, proxyNotFoundReply, proxyNotFoundReply, lostReply, badGatewayReply, optionsReply)
	if got, err := client.Options(t.Context()); err != nil || len(got) != 7 {
		t.Errorf("got %d options, %v", len(got), err)
	}
	if waited := fake.Now().Sub(startTime); waited < 5*time.Second {
		t.Errorf("the restart took %s", waited)
	}
}

// The gateway stays down. A plan of many clusters must not wait for each of them.
func TestOptions_toleratesOneOutage(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(optionsRequest, badGatewayReply)
	for range 10 {
		if _, err := client.Options(t.Context()); err == nil {
			t.Error("no error")
		}
	}
	if waited := fake.Now().Sub(startTime); waited < 30*time.Second || waited > 40*time.Second {
		t.Errorf("gave up after %s", waited)
	}
}

func TestOptions_acceptsAGatewayWithoutOptions(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(optionsRequest, jsonReply(`{"cluster_options": []}`))
	if got, err := client.Options(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestCheck_appliesTheRulesOfTheGateway(t *testing.T) {
	t.Parallel()
	limit := func(text string) *json.Number { n := json.Number(text); return &n }
	cores := gateway.Option{Field: "cores", Type: gateway.OptionFloat, Min: limit("0.1"), Max: limit("8")}
	memory := gateway.Option{Field: "memory", Type: gateway.OptionFloat, Max: limit("64.0")}
	n := gateway.Option{Field: "n", Type: gateway.OptionInt, Min: limit("1")}
	profile := gateway.Option{Field: "profile", Type: gateway.OptionSelect, Choices: []string{"small", "large"}}
	image := gateway.Option{Field: "image", Type: gateway.OptionString}
	gpu := gateway.Option{Field: "gpu", Type: gateway.OptionBool}
	environment := gateway.Option{Field: "environment", Type: gateway.OptionMapping}
	later := gateway.Option{Field: "later", Type: "color"}
	for _, test := range []struct {
		option gateway.Option
		value  any
		want   string
	}{
		{cores, json.Number("2"), ""},
		{cores, json.Number("0.1"), ""},
		{cores, 8, ""},
		{cores, json.Number("0.0999"), "cores must be a number of at least 0.1 and at most 8, not 0.0999"},
		{cores, json.Number("1e2"), "cores must be a number of at least 0.1 and at most 8, not 1e2"},
		{cores, "two", `cores must be a number of at least 0.1 and at most 8, not a string`},
		{cores, true, "cores must be a number of at least 0.1 and at most 8, not true"},
		{cores, nil, "cores must be a number of at least 0.1 and at most 8, not null"},
		{memory, json.Number("65"), "memory must be a number of at most 64, not 65"},
		{n, json.Number("3"), ""},
		{n, int64(1), ""},
		{n, json.Number("0"), "n must be a whole number of at least 1, not 0"},
		{n, json.Number("2.5"), "n must be a whole number of at least 1, not 2.5"},
		{profile, "large", ""},
		{profile, "huge", `profile must be one of "small", "large", not "huge"`},
		{profile, json.Number("1"), `profile must be one of "small", "large", not 1`},
		{image, "a:b", ""},
		{image, json.Number("1"), "image must be a string, not a number"},
		{gpu, false, ""},
		{gpu, json.Number("1"), "gpu must be a bool, true or false, not 1"},
		{environment, map[string]any{"A": "b"}, ""},
		{environment, []any{"X"}, `environment must be a map, not a list`},
		{later, "anything", ""},
	} {
		err := test.option.Check(test.value)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s = %v: %v", test.option.Field, test.value, err)
			}
			continue
		}
		var invalid *gateway.InvalidOptionError
		if !errors.As(err, &invalid) || invalid.Field != test.option.Field || err.Error() != test.want {
			t.Errorf("%s = %v: got %v, want %s", test.option.Field, test.value, err, test.want)
		}
	}
}

func TestNearest_correctsMisspeltNames(t *testing.T) {
	t.Parallel()
	declared := []gateway.Option{{Field: "worker_cores"}, {Field: "worker_memory"}, {Field: "image"}, {Field: "gpu"}}
	for name, want := range map[string]string{
		"worker_core": "worker_cores", "Worker_Memory": "worker_memory", "workers_memory": "worker_memory",
		"imgae": "image", "GPU": "gpu", "zzz": "", "": "",
	} {
		if got := gateway.Nearest(name, declared); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := gateway.Nearest("image", nil); got != "" {
		t.Errorf("of no options, %q is nearest", got)
	}
}

func TestSameValue_comparesNumbersByValue(t *testing.T) {
	t.Parallel()
	third := json.Number("0.33333333333333333333333333333333333333333333333333333333")
	for _, test := range []struct {
		a, b any
		want bool
	}{
		{1, 1.0, true},
		{1, json.Number("1"), true},
		{json.Number("1.0"), json.Number("1"), true},
		{json.Number("1e1"), 10.0, true},
		{json.Number("0.1"), 0.1, true},
		{third, 1.0 / 3, true},
		{json.Number("9007199254740993"), json.Number("9007199254740992"), false},
		{1, 2, false},
		{1, true, false},
		{json.Number("0"), false, false},
		{"1", 1, false},
		{"1", json.Number("1"), false},
		{"a", "a", true},
		{"a", "b", false},
		{true, true, true},
		{true, false, false},
		{nil, nil, true},
		{nil, "", false},
		{nil, map[string]any{}, false},
		{math.NaN(), math.NaN(), false},
		{map[string]any{"a": 1, "b": []any{1, "x"}}, map[string]any{"b": []any{json.Number("1.0"), "x"}, "a": 1.0}, true},
		{map[string]any{"a": 1}, map[string]any{"b": 1}, false},
		{map[string]any{"a": nil}, map[string]any{}, false},
		{[]any{1}, []any{1, 2}, false},
		{[]any{1, 2}, []any{2, 1}, false},
		{[]any{}, map[string]any{}, false},
		{"a", map[string]any{}, false},
	} {
		if got := gateway.IsSameValue(test.a, test.b); got != test.want {
			t.Errorf("IsSameValue(%#v, %#v) = %t", test.a, test.b, got)
		}
		if got := gateway.IsSameValue(test.b, test.a); got != test.want {
			t.Errorf("IsSameValue(%#v, %#v) = %t", test.b, test.a, got)
		}
	}
}

// A gateway declares too many names, with control characters that would forge the
// output of a terminal.
func TestQuoteList_isBoundedAndPrintable(t *testing.T) {
	t.Parallel()
	names := slices.Repeat([]string{"\x1b]0;title\x07\rApply complete!\u202e" + strings.Repeat("x", 1000)}, 150_000)
	got := gateway.QuoteList(names)
	if len(got) > 8_000 || !strings.HasSuffix(got, "and 149970 more") {
		t.Errorf("%d bytes that end in %.40q", len(got), got[max(0, len(got)-40):])
	}
	if strings.ContainsAny(got, "\x1b\x07\r\u202e") {
		t.Error("control characters are left")
	}
	if got := gateway.ListNames(names); len(got) > 8_000 || strings.ContainsAny(got, "\x1b\x07\r\u202e") {
		t.Errorf("a list of names has %d bytes or control characters", len(got))
	}
	if got := gateway.ListNames([]string{"worker_cores", "a b"}); got != `worker_cores, "a b"` {
		t.Errorf("got %s", got)
	}
	invalid := gateway.Option{Field: "profile", Type: gateway.OptionSelect, Choices: names}.Check("other")
	if invalid == nil || len(invalid.Error()) > 8_000 {
		t.Errorf("%d bytes", len(invalid.Error()))
	}
}
