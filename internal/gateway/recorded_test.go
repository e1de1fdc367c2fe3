// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// recordedName is the first cluster in the recorded responses.
const recordedName = "00000000000000000000000000000001"

func recordedReply(t *testing.T, file string) serverReply {
	t.Helper()
	return scripted.Recorded(t, "gateway", file)
}

func recordedTime(n int) time.Time { return scripted.RecordedTime(n) }

func recordedOptions(profile string) map[string]any {
	return map[string]any{
		"worker_cores": json.Number("1.0"), "worker_memory": json.Number("8.0"), "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": false,
		"environment": map[string]any{}, "profile": profile, "idle_minutes": json.Number("0"),
	}
}

func TestGetCluster_decodesRecordedClusters(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]gateway.Cluster{
		"cluster_pending": {Status: gateway.StatusPending, Options: recordedOptions("stuck")},
		"cluster_running": {Status: gateway.StatusRunning, Options: recordedOptions("standard"), DashboardRoute: "/clusters/" + recordedName + "/status"},
		"cluster_stopped": {Status: gateway.StatusStopped, Options: recordedOptions("stuck"), StopTime: recordedTime(2)},
		"cluster_failed":  {Status: gateway.StatusFailed, Options: recordedOptions("broken"), StopTime: recordedTime(2)},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			want.Name, want.StartTime = recordedName, recordedTime(1)
			server, client, _ := newScripted(t)
			server.On("GET /api/v1/clusters/"+recordedName, recordedReply(t, file))
			got, err := client.GetCluster(t.Context(), recordedName)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestListClusters_decodesRecordedLists(t *testing.T) {
	t.Parallel()
	first, second := recordedOptions("stuck"), recordedOptions("stuck")
	first["worker_cores"], second["gpu"] = json.Number("2.0"), true
	noJSON := recordedOptions("stuck")
	noJSON["environment"] = map[string]any{"A": nil, "B": nil, "C": nil}
	const secondName = "00000000000000000000000000000002"
	for file, want := range map[string]map[string]gateway.Cluster{
		"list_empty": {},
		"list": {
			recordedName: {Name: recordedName, Status: gateway.StatusPending, StartTime: recordedTime(1), Options: first},
			secondName:   {Name: secondName, Status: gateway.StatusPending, StartTime: recordedTime(2), Options: second},
		},
		"cluster_nan": {recordedName: {Name: recordedName, Status: gateway.StatusPending, StartTime: recordedTime(1), Options: noJSON}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(listRequest, recordedReply(t, file))
			got, err := client.ListClusters(t.Context())
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestOptions_decodesRecordedOptions(t *testing.T) {
	t.Parallel()
	number := func(text string) *json.Number { n := json.Number(text); return &n }
	want := []gateway.Option{
		{Field: "worker_cores", Label: "Worker Cores", Default: json.Number("1"), Type: gateway.OptionFloat, Min: number("0.1"), Max: number("8.0")},
		{Field: "worker_memory", Label: "Worker Memory (GiB)", Default: json.Number("8"), Type: gateway.OptionFloat, Min: number("1.0"), Max: number("64.0")},
		{Field: "image", Label: "Image", Default: "pangeo/pangeo-notebook:2026.08.01", Type: gateway.OptionString},
		{Field: "gpu", Label: "GPU", Default: false, Type: gateway.OptionBool},
		{Field: "environment", Label: "Environment Variables", Default: map[string]any{}, Type: gateway.OptionMapping},
		{Field: "profile", Label: "Profile", Default: "standard", Type: gateway.OptionSelect, Choices: []string{"standard", "broken", "stuck"}},
		{Field: "idle_minutes", Label: "Idle Minutes", Default: json.Number("0"), Type: gateway.OptionInt, Min: number("0"), Max: number("1440")},
	}
	server, client, _ := newScripted(t)
	server.On(optionsRequest, recordedReply(t, "options"))
	got, err := client.Options(t.Context())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

// recordedCall is a request with a recorded response.
type recordedCall struct {
	request string
	do      func(ctx context.Context, c *gateway.Client) (any, error)
}

var (
	recordedCreate = recordedCall{createRequest, func(ctx context.Context, c *gateway.Client) (any, error) { return c.CreateCluster(ctx, nil) }}
	recordedGet    = recordedCall{getRequest, func(ctx context.Context, c *gateway.Client) (any, error) { return c.GetCluster(ctx, clusterName) }}
	recordedList   = recordedCall{listRequest, func(ctx context.Context, c *gateway.Client) (any, error) { return c.ListClusters(ctx) }}
	recordedScale  = recordedCall{
		"POST /api/v1/clusters/" + clusterName + "/scale",
		func(ctx context.Context, c *gateway.Client) (any, error) { return c.Scale(ctx, clusterName, 1) },
	}
	recordedAdapt = recordedCall{
		"POST /api/v1/clusters/" + clusterName + "/adapt",
		func(ctx context.Context, c *gateway.Client) (any, error) {
			return c.Adapt(ctx, clusterName, gateway.Adaptive{Active: true})
		},
	}
)

func TestClient_decodesRecordedResponses(t *testing.T) {
	t.Parallel()
	limit := int64(4)
	for file, test := range map[string]struct {
		call recordedCall
		want any
	}{
		"create_201": {recordedCreate, recordedName},
		"scale_ok":   {recordedScale, gateway.Scaling{IsWithinLimit: true}},
		"scale_clamped": {recordedScale, gateway.Scaling{
			Granted: &limit,
			Message: "Scale request of 5 workers would exceed resource limit of 4 workers. Scaling to 4 instead.",
		}},
		"adapt_clamped": {recordedAdapt, gateway.Scaling{
			Granted: &limit,
			Message: "Adapt with `maximum=99, minimum=9` workers would exceed resource limit of 4 workers. Using `maximum=4, minimum=4` instead.",
		}},
		"counts": {recordedCall{countsRequest, func(ctx context.Context, c *gateway.Client) (any, error) { return c.Workers(ctx, clusterName) }}, int64(0)},
		"gateway_version": {recordedCall{
			"GET /api/version", func(ctx context.Context, c *gateway.Client) (any, error) { return c.Version(ctx) },
		}, "2026.3.0"},
		"gateway_health": {recordedCall{
			"GET /api/health", func(ctx context.Context, c *gateway.Client) (any, error) { return nil, c.Health(ctx) },
		}, nil},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.call.request, recordedReply(t, file))
			got, err := test.call.do(t.Context(), client)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestClient_decodesRecordedErrors(t *testing.T) {
	t.Parallel()
	for file, test := range map[string]struct {
		call        recordedCall
		kind        transport.Kind
		status      int
		wantMessage string
		isJSON      bool
	}{
		"create_422":         {recordedCreate, transport.KindStatus, http.StatusUnprocessableEntity, "Unknown fields ['nope', 'zz']", true},
		"create_422_handler": {recordedCreate, transport.KindStatus, http.StatusUnprocessableEntity, "When specifying an image you must also provide a tag", true},
		"create_413":         {recordedCreate, transport.KindStatus, http.StatusRequestEntityTooLarge, "Request Entity Too Large", true},
		"scale_409":          {recordedScale, transport.KindStatus, http.StatusConflict, "cluster " + recordedName + " is not running", true},
		"scale_422":          {recordedScale, transport.KindStatus, http.StatusUnprocessableEntity, "Scale expects a non-negative integer, got -1", true},
		"cluster_403":        {recordedGet, transport.KindStatus, http.StatusForbidden, "User bob lacks permissions to view cluster " + recordedName, true},
		"cluster_404":        {recordedGet, transport.KindStatus, http.StatusNotFound, "Cluster unknown not found", true},
		"list_422":           {recordedList, transport.KindStatus, http.StatusUnprocessableEntity, "'bogus' is not a valid ClusterStatus", true},
		"gateway_401":        {recordedList, transport.KindCredentials, http.StatusUnauthorized, "Authentication required", true},
		"gateway_bad_token":  {recordedList, transport.KindCredentials, http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token", true},
		"gateway_404_text":   {recordedGet, transport.KindStatus, http.StatusNotFound, "404: Not Found", false},
		"gateway_404_proxy":  {recordedGet, transport.KindStatus, http.StatusNotFound, "Not Found", false},
		"gateway_405":        {recordedGet, transport.KindStatus, http.StatusMethodNotAllowed, "405: Method Not Allowed", false},
		"gateway_500_text":   {recordedGet, transport.KindStatus, http.StatusInternalServerError, "500 Internal Server Error Server got itself in trouble", false},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.call.request, recordedReply(t, file))
			_, err := test.call.do(t.Context(), client)
			var failure *transport.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if failure.Kind != test.kind || failure.Status != test.status || failure.Message != test.wantMessage || failure.IsJSONError != test.isJSON {
				t.Errorf("got kind %d, status %d, JSON %t, %q, want %d, %d, %t, %q", failure.Kind, failure.Status, failure.IsJSONError, failure.Message,
					test.kind, test.status, test.isJSON, test.wantMessage)
			}
			if got, want := gateway.IsNotFound(err), file == "cluster_404"; got != want {
				t.Errorf("IsNotFound is %t, want %t", got, want)
			}
		})
	}
}
