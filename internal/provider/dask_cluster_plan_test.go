// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// wanted is a diagnostic that a test waits for.
type wanted struct {
	severity tfprotov6.DiagnosticSeverity
	path     string
	text     string
}

func errorAt(path, text string) wanted {
	return wanted{severity: tfprotov6.DiagnosticSeverityError, path: path, text: text}
}

func warningAt(path, text string) wanted {
	return wanted{severity: tfprotov6.DiagnosticSeverityWarning, path: path, text: text}
}

// assertDiagnostics asserts that there is exactly one diagnostic, or none for
// the zero wanted.
func assertDiagnostics(t *testing.T, got []*tfprotov6.Diagnostic, want wanted) {
	t.Helper()
	if want == (wanted{}) {
		for _, d := range got {
			t.Errorf("unexpected diagnostic at %s: %s: %s", d.Attribute, d.Summary, d.Detail)
		}
		return
	}
	if len(got) != 1 {
		t.Errorf("%d diagnostics, want 1", len(got))
	}
	for _, d := range got {
		path := ""
		if d.Attribute != nil {
			path = d.Attribute.String()
		}
		if d.Severity != want.severity || path != want.path || !strings.Contains(d.Summary+"\n"+d.Detail, want.text) {
			t.Errorf("%s at %q: %s\n%s\nwant %s at %q with %q", d.Severity, path, d.Summary, d.Detail, want.severity, want.path, want.text)
		}
	}
}

func TestDaskCluster_validatesWithoutTheGateway(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	adapt := func(minimum, maximum any) map[string]any {
		return map[string]any{"adapt": map[string]any{"minimum": minimum, "maximum": maximum}}
	}
	for name, test := range map[string]struct {
		config map[string]any
		want   wanted
	}{
		"nothing set":             {map[string]any{}, wanted{}},
		"adapt":                   {adapt(1, 100), wanted{}},
		"adapt without bounds":    {adapt(nil, nil), wanted{}},
		"adapt with one number":   {adapt(2, 2), wanted{}},
		"minimum over maximum":    {adapt(3, 1), errorAt(`AttributeName("adapt").AttributeName("minimum")`, "must not be greater than maximum = 1")},
		"minimum below zero":      {adapt(-1, 1), errorAt(`AttributeName("adapt").AttributeName("minimum")`, "at least 0")},
		"maximum below zero":      {adapt(nil, -5), errorAt(`AttributeName("adapt").AttributeName("maximum")`, "at least 0")},
		"workers below zero":      {map[string]any{"workers": -1}, errorAt(`AttributeName("workers")`, "at least 0")},
		"unknown bounds":          {adapt(unknown{}, 1), wanted{}},
		"options that are a list": {map[string]any{"options": []any{"a"}}, errorAt(`AttributeName("options")`, "must be an object")},
		"options that are text":   {map[string]any{"options": "worker_cores=2"}, errorAt(`AttributeName("options")`, "must be an object")},
		"unknown options":         {map[string]any{"options": unknown{}}, wanted{}},
		"wait without workers":    {map[string]any{"wait_for_workers": 1}, errorAt(`AttributeName("wait_for_workers")`, "no workers to wait for")},
		"wait over workers":       {map[string]any{"workers": 2, "wait_for_workers": 3}, errorAt(`AttributeName("wait_for_workers")`, "must not be greater than workers = 2")},
		"no time": {
			map[string]any{"timeouts": map[string]any{"create": "0s"}},
			errorAt(`AttributeName("timeouts").AttributeName("create")`, "longer than nothing"),
		},
		"both": {
			map[string]any{"workers": 2, "adapt": map[string]any{"minimum": 1, "maximum": 2}},
			errorAt(`AttributeName("workers")`, "cannot be specified when"),
		},
		"wait over maximum": {
			map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 2}, "wait_for_workers": 3},
			errorAt(`AttributeName("wait_for_workers")`, "must not be greater than adapt.maximum = 2"),
		},
		"wait over minimum": {
			map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 9}, "wait_for_workers": 3},
			warningAt(`AttributeName("wait_for_workers")`, "only while there is work"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertDiagnostics(t, w.validate(t, "pc_dask_cluster", test.config), test.want)
		})
	}
}

func TestDaskCluster_checksOptionsWhenPlanned(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	at := func(name string) string { return `AttributeName("options").ElementKeyString("` + name + `")` }
	for name, test := range map[string]struct {
		options map[string]any
		want    wanted
	}{
		"all kinds":        {map[string]any{"worker_cores": 2, "gpu": true, "image": "a:b", "environment": map[string]any{"A": "1"}}, wanted{}},
		"misspelt":         {map[string]any{"worker_core": 2}, errorAt(at("worker_core"), `Did you mean "worker_cores"?`)},
		"unknown":          {map[string]any{"zzzzzzzzzzzz": 2}, errorAt(at("zzzzzzzzzzzz"), "This gateway has the cluster options worker_cores")},
		"text for number":  {map[string]any{"worker_cores": "two"}, errorAt(at("worker_cores"), "number")},
		"number for text":  {map[string]any{"image": 5}, errorAt(at("image"), "string")},
		"number for bool":  {map[string]any{"gpu": 1}, errorAt(at("gpu"), "bool")},
		"list for mapping": {map[string]any{"environment": []any{"X"}}, errorAt(at("environment"), "map")},
		"too large":        {map[string]any{"worker_cores": 99}, errorAt(at("worker_cores"), "8")},
		"too small":        {map[string]any{"worker_cores": 0}, errorAt(at("worker_cores"), "0.1")},
		"unknown value":    {map[string]any{"worker_cores": unknown{}}, wanted{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := w.plan(t, "pc_dask_cluster", w.none(t), map[string]any{"options": test.options})
			assertDiagnostics(t, resp.Diagnostics, test.want)
		})
	}
	t.Cleanup(func() {
		if posts := mock.CountRequests(http.MethodPost, "*"); posts != 0 {
			t.Errorf("%d POST requests were made by plans", posts)
		}
	})
}

func TestDaskCluster_plansWhenTheGatewayCannotBeAsked(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	gone := block(mock)
	mock.Close()
	gone["max_retries"] = 0
	w := newWire(t, gone)
	resp := w.plan(t, "pc_dask_cluster", w.none(t), map[string]any{})
	assertDiagnostics(t, resp.Diagnostics, warningAt(`AttributeName("options")`, "The plan goes on without the check"))
}

func TestDaskCluster_planFailsOnBadCredentials(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	bad := block(mock)
	bad["api_token"] = "0123456789abcdef0123456789abcdef"
	w := newWire(t, bad)
	resp := w.plan(t, "pc_dask_cluster", w.none(t), map[string]any{})
	assertDiagnostics(t, resp.Diagnostics, errorAt("", "did not accept the credentials from api_token in the provider block"))
	if got := mock.CountRequests(http.MethodGet, "*/options"); got != 1 {
		t.Errorf("a bad token was tried %d times, want 1", got)
	}
}

func TestDaskCluster_saysWhatTheServerSays(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, block(mock))
	_, diagnostics := w.apply(t.Context(), t, "pc_dask_cluster", w.none(t),
		map[string]any{"options": map[string]any{"image": "pangeo"}})
	assertDiagnostics(t, diagnostics, errorAt(`AttributeName("options")`, "When specifying an image you must also provide a tag"))
}

func TestDaskCluster_warnsOfAClampedRequest(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{MaxWorkers: 4})
	w := newWire(t, block(mock))
	made, diagnostics := w.apply(t.Context(), t, "pc_dask_cluster", w.none(t),
		map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 99}})
	assertDiagnostics(t, diagnostics, warningAt(`AttributeName("adapt")`, "would exceed resource limit of 4 workers"))
	_, diagnostics = w.apply(t.Context(), t, "pc_dask_cluster", made, map[string]any{"workers": 7})
	assertDiagnostics(t, diagnostics, warningAt(`AttributeName("workers")`, "Scaling to 4 instead"))
}

func TestProvider_namesEveryPlaceOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	for argument, block := range map[string]map[string]any{
		"api_token": {"address": "http://127.0.0.1:1/services/dask-gateway/"},
		"address":   {"api_token": "x"},
	} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, block)
			resp := w.plan(t, "pc_dask_cluster", w.none(t), map[string]any{})
			if len(resp.Diagnostics) != 1 {
				t.Fatalf("%d diagnostics, want 1", len(resp.Diagnostics))
			}
			for _, place := range []string{argument, "provider block", "PC_" + strings.ToUpper(argument), "DASK_GATEWAY__"} {
				if detail := resp.Diagnostics[0].Detail; !strings.Contains(detail, place) {
					t.Errorf("%q does not name %q", detail, place)
				}
			}
		})
	}
}

func TestDaskCluster_isImportedByIdentity(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", nil)
	w := newWire(t, block(mock))
	read := w.imported(t, "pc_dask_cluster", name)
	if got := w.text(t, "pc_dask_cluster", read.state, "name"); got != name {
		t.Errorf("name = %q, want %q", got, name)
	}
	plan := w.plan(t, "pc_dask_cluster", read, map[string]any{})
	assertDiagnostics(t, plan.Diagnostics, wanted{})
	if len(plan.RequiresReplace) != 0 {
		t.Errorf("a replacement is planned because of %v", plan.RequiresReplace)
	}
}
