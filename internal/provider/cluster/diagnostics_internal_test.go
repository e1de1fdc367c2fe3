// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const testName = "0123456789abcdef0123456789abcdef"

var (
	failedStart = &gateway.EndedError{Cluster: gateway.Cluster{Name: testName, Status: gateway.StatusFailed}}
	lateStart   = &gateway.TimeoutError{Waited: time.Minute, Last: gateway.StatusPending}
	lateWorkers = &gateway.TimeoutError{Waited: time.Minute, Last: gateway.StatusRunning, Have: 1, Want: 3}
	errOther    = errors.New("boom")
)

// detailOf returns the detail of the only diagnostic that report adds.
func detailOf(t *testing.T, report func(*diag.Diagnostics)) string {
	t.Helper()
	var diags diag.Diagnostics
	report(&diags)
	if len(diags) != 1 {
		t.Fatalf("%d diagnostics, want 1", len(diags))
	}
	return diags[0].Detail()
}

func TestClusterErrors_describeTheStateAfterEachOperation(t *testing.T) {
	t.Parallel()
	scaling := gateway.Scaling{Granted: new(int64), Message: "clamped"}
	for name, report := range map[string]func(*diag.Diagnostics, operation){
		"failed start":    func(d *diag.Diagnostics, o operation) { addStartError(d, o, testName, nil, failedStart) },
		"late start":      func(d *diag.Diagnostics, o operation) { addStartError(d, o, testName, nil, lateStart) },
		"interrupt":       func(d *diag.Diagnostics, o operation) { addStartError(d, o, testName, nil, context.Canceled) },
		"other":           func(d *diag.Diagnostics, o operation) { addStartError(d, o, testName, nil, errOther) },
		"late workers":    func(d *diag.Diagnostics, o operation) { addWorkersError(d, o, testName, 3, "", lateWorkers) },
		"other workers":   func(d *diag.Diagnostics, o operation) { addWorkersError(d, o, testName, 3, "", errOther) },
		"granted workers": func(d *diag.Diagnostics, o operation) { addGrantedWorkersError(d, o, testName, 3, scaling) },
		"scaling": func(d *diag.Diagnostics, o operation) {
			addScaleError(t.Context(), d, o, nil, testName, errOther)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			created := detailOf(t, func(d *diag.Diagnostics) { report(d, creating) })
			if !strings.Contains(created, "marked as tainted") || !strings.Contains(created, "replaces it") || strings.Contains(created, "timeouts.update") {
				t.Errorf("after a create: %s", created)
			}
			updated := detailOf(t, func(d *diag.Diagnostics) { report(d, updating) })
			if !strings.Contains(updated, "not tainted") || strings.Contains(updated, "timeouts.create") {
				t.Errorf("after an update: %s", updated)
			}
		})
	}
	if detail := detailOf(t, func(d *diag.Diagnostics) { addWorkersError(d, updating, testName, 3, "", lateWorkers) }); !strings.Contains(detail, "timeouts.update") {
		t.Error(detail)
	}
}

func TestAddStartError_reportsAMissingClusterAsMissing(t *testing.T) {
	t.Parallel()
	notFound := &transport.Error{Kind: transport.KindStatus, Status: http.StatusNotFound, IsJSONError: true, Message: "Cluster " + testName + " not found"}
	detail := detailOf(t, func(d *diag.Diagnostics) { addStartError(d, creating, testName, nil, notFound) })
	if !strings.Contains(detail, "no longer has the cluster") || strings.Contains(detail, "exists") {
		t.Error(detail)
	}
}

func TestAddStartError_namesLikelyCausesWithoutValues(t *testing.T) {
	t.Parallel()
	sent := map[string]any{
		"image":         "registry.example.com/secret-image:1",
		"worker_cores":  float64(2),
		"worker_memory": float64(512),
		"environment":   map[string]any{"RETRIES": float64(77), "DEBUG": true, "NAME": "hush"},
	}
	detail := detailOf(t, func(d *diag.Diagnostics) { addStartError(d, creating, testName, sent, failedStart) })
	for _, want := range []string{"environment.DEBUG and environment.RETRIES must be text", "The image in the option image cannot be pulled", "worker_cores and worker_memory request more than a node has"} {
		if !strings.Contains(detail, want) {
			t.Errorf("%q lacks %q", detail, want)
		}
	}
	for _, value := range []string{"secret-image", "77", "512", "hush"} {
		if strings.Contains(detail, value) {
			t.Errorf("%q contains the value %q", detail, value)
		}
	}
	stopped := &gateway.EndedError{Cluster: gateway.Cluster{Name: testName, Status: gateway.StatusStopped}}
	if detail := detailOf(t, func(d *diag.Diagnostics) { addStartError(d, creating, testName, sent, stopped) }); !strings.Contains(detail, "Somebody stopped it") {
		t.Error(detail)
	}
}

func TestAddCreateError_namesOptionsThatAreTooLarge(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	addCreateError(&diags, &transport.Error{Kind: transport.KindStatus, Status: http.StatusRequestEntityTooLarge, IsJSONError: true, Message: "Request Entity Too Large"})
	want := diag.NewAttributeErrorDiagnostic(path.Root("options"), "The cluster options are too large", diags[0].Detail())
	if !diags[0].Equal(want) || !strings.Contains(diags[0].Detail(), "1 MiB") {
		t.Errorf("got %v", diags)
	}
}

func TestAddOptionsUnavailable_distinguishesAWrongHostFromAnOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure transport.Error
		want    []string
	}{
		"unknown name": {transport.Error{Kind: transport.KindUnreachable, Host: "hub.example.com:8000", IsHostNotFound: true}, []string{"The name hub.example.com does not resolve", "the apply fails and creates nothing"}},
		"refused":      {transport.Error{Kind: transport.KindUnreachable, Host: "hub.example.com:8000", IsRefused: true}, []string{"hub.example.com:8000 refuses connections", "creates nothing"}},
		"outage":       {transport.Error{Kind: transport.KindStatus, Status: http.StatusServiceUnavailable}, []string{"still unavailable at the apply"}},
	} {
		var diags diag.Diagnostics
		addOptionsUnavailable(&diags, &test.failure)
		for _, want := range test.want {
			if diags[0].Severity() != diag.SeverityWarning || !strings.Contains(diags[0].Detail(), want) {
				t.Errorf("%s: %v lacks %q", name, diags[0], want)
			}
		}
	}
}
