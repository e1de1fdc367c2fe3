// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func limitedBlock(mock *providertest.Mock, limits map[string]any) map[string]any {
	block := providertest.Block(mock)
	block["limits"] = limits
	return block
}

const (
	atWorkers = `AttributeName("workers")`
	atMaximum = `AttributeName("adapt").ElementKeyString("maximum")`
)

func TestLimits_planOverALimitIsAnError(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits, config map[string]any
		want           providertest.ExpectedDiagnostic
	}{
		"workers at the limit":    {map[string]any{"workers": 3}, map[string]any{"workers": 3}, providertest.ExpectedDiagnostic{}},
		"workers over the limit":  {map[string]any{"workers": 3}, map[string]any{"workers": 4}, providertest.ErrorAt(atWorkers, "limits.workers = 3")},
		"adapt over the limit":    {map[string]any{"workers": 3}, map[string]any{"adapt": map[string]any{"maximum": 4}}, providertest.ErrorAt(atMaximum, "limits.workers = 3")},
		"adapt without a maximum": {map[string]any{"cores": 100}, map[string]any{"adapt": map[string]any{"minimum": 1}}, providertest.ErrorAt(atMaximum, "Set adapt.maximum")},
		"adapt without limits":    {nil, map[string]any{"adapt": map[string]any{"minimum": 1}}, providertest.ExpectedDiagnostic{}},
		"no workers are managed":  {map[string]any{"workers": 3}, map[string]any{}, providertest.ExpectedDiagnostic{}},
		"cores by the default":    {map[string]any{"cores": 3.5}, map[string]any{"workers": 4}, providertest.ErrorAt(atWorkers, "limits.cores = 3.5")},
		"cores by the option":     {map[string]any{"cores": 7.5}, map[string]any{"workers": 4, "options": map[string]any{"worker_cores": 2}}, providertest.ErrorAt(atWorkers, "together 8 cores")},
		"cores at the limit":      {map[string]any{"cores": 8}, map[string]any{"workers": 4, "options": map[string]any{"worker_cores": 2}}, providertest.ExpectedDiagnostic{}},
		"memory":                  {map[string]any{"memory": 31}, map[string]any{"adapt": map[string]any{"maximum": 4}}, providertest.ErrorAt(atMaximum, "together 32 GiB of memory")},
		"workers known at apply":  {map[string]any{"workers": 3}, map[string]any{"workers": providertest.Unknown{}}, providertest.ExpectedDiagnostic{}},
		"option known at apply":   {map[string]any{"cores": 1}, map[string]any{"workers": 4, "options": map[string]any{"worker_cores": providertest.Unknown{}}}, providertest.ExpectedDiagnostic{}},
		"a write-only option":     {map[string]any{"cores": 7}, map[string]any{"workers": 4, "options_wo": map[string]any{"worker_cores": 2}}, providertest.ErrorAt(atWorkers, "limits.cores = 7")},
		"limit of zero":           {map[string]any{"workers": 0}, map[string]any{"workers": 1}, providertest.ErrorAt(atWorkers, "limits.workers = 0")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, limitedBlock(mock, test.limits))
			plan := client.Plan(t, providertest.ClusterType, client.None(t), test.config)
			providertest.AssertDiagnostics(t, plan.Diagnostics, test.want)
		})
	}
}

func TestLimits_countForExistingClusters(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	unlimited := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	config := map[string]any{"workers": 4, "options": map[string]any{"worker_cores": 2}}
	created, diagnostics := unlimited.Apply(t.Context(), t, providertest.ClusterType, unlimited.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	limited := providertest.NewClientWith(t, mock.Clock, limitedBlock(mock, map[string]any{"cores": 6}))
	for workers, want := range map[int]providertest.ExpectedDiagnostic{
		4: providertest.ErrorAt(atWorkers, "limits.cores = 6"), 5: providertest.ErrorAt(atWorkers, "limits.cores = 6"), 3: {},
	} {
		changed := maps.Clone(config)
		changed["workers"] = workers
		providertest.AssertDiagnostics(t, limited.Plan(t, providertest.ClusterType, created, changed).Diagnostics, want)
	}
	providertest.AssertNoDiagnostics(t, limited.Plan(t, providertest.ClusterType, created, nil).Diagnostics)
}

func TestLimits_cannotBeCheckedWithoutTheOption(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.FailNext(providertest.RespondAlways("*/options", http.StatusOK, `{"cluster_options": []}`))
	client := providertest.NewClientWith(t, mock.Clock, limitedBlock(mock, map[string]any{"cores": 6}))
	plan := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{"workers": 1})
	providertest.AssertDiagnostics(t, plan.Diagnostics, providertest.ErrorAt("", "Could not check limits.cores"))
}

func TestLimits_countForTheScaleAction(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	mock.PassTime(time.Minute)
	client := providertest.NewClientWith(t, mock.Clock, limitedBlock(mock, map[string]any{"workers": 3, "cores": 4}))
	providertest.AssertDiagnostics(t, client.PlanAction(t, scaleActionType, map[string]any{"name": name, "workers": 4}), providertest.ErrorAt(atWorkers, "limits.workers = 3"))
	_, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": name, "adapt": map[string]any{"maximum": 3}}, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(atMaximum, "together 6 cores"))
	if got := mock.CountRequests(http.MethodPost, "*"); got != 0 {
		t.Errorf("%d requests changed the cluster, want none", got)
	}
	_, diagnostics = client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": name, "workers": 2}, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
}

func TestMaxWorkers_isKnownInThePlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config map[string]any
		want   tftypes.Value
	}{
		"workers":                 {map[string]any{"workers": 3}, tftypes.NewValue(tftypes.Number, 3)},
		"adapt":                   {map[string]any{"adapt": map[string]any{"minimum": 1, "maximum": 5}}, tftypes.NewValue(tftypes.Number, 5)},
		"adapt without a maximum": {map[string]any{"adapt": map[string]any{"minimum": 1}}, tftypes.NewValue(tftypes.Number, nil)},
		"neither":                 {map[string]any{}, tftypes.NewValue(tftypes.Number, nil)},
		"workers known at apply":  {map[string]any{"workers": providertest.Unknown{}}, tftypes.NewValue(tftypes.Number, tftypes.UnknownValue)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			plan := client.Plan(t, providertest.ClusterType, client.None(t), test.config)
			providertest.AssertNoDiagnostics(t, plan.Diagnostics)
			if got := client.Attributes(t, client.ResourceType(providertest.ClusterType), plan.PlannedState)["max_workers"]; !got.Equal(test.want) {
				t.Errorf("max_workers is %s, want %s", got, test.want)
			}
		})
	}
}

// The state of older versions has no max_workers.
func TestMaxWorkers_oldStateIsFilledWithoutAChange(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	config := map[string]any{"workers": 2}
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	typ := client.ResourceType(providertest.ClusterType)
	attributes := client.Attributes(t, typ, created.State)
	attributes["max_workers"] = tftypes.NewValue(tftypes.Number, nil)
	old := created
	old.State = providertest.DynamicValue(t, typ, tftypes.NewValue(typ, attributes))
	planned := client.Plan(t, providertest.ClusterType, old, config)
	providertest.AssertNoDiagnostics(t, planned.Diagnostics)
	if got := client.Attributes(t, typ, planned.PlannedState)["max_workers"]; !got.IsNull() {
		t.Errorf("without a refresh the plan changes max_workers to %s, want no change", got)
	}
	refreshed, diagnostics := client.Read(t, providertest.ClusterType, old)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if got := client.Attributes(t, typ, refreshed.State)["max_workers"]; !got.Equal(tftypes.NewValue(tftypes.Number, 2)) {
		t.Errorf("max_workers is %s after a refresh, want 2", got)
	}
}
