// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

// hostileNames are names that no backend creates and that could form a different
// path.
var hostileNames = []string{
	"", ".", "..", "/", "../" + otherClusterName, otherClusterName + "/adapt", clusterName + "/../" + otherClusterName, `..\` + otherClusterName, "..%2f" + otherClusterName, "%2e%2e", otherClusterName + "?wait", otherClusterName + "#x",
	otherClusterName + "\n", "\x00", otherClusterName + " ", "\u202e" + otherClusterName, "é", strings.Repeat("a", 100_000),
}

// The client rejects an invalid name before it becomes part of a request, whether
// it comes from the server, the state or an argument.
func TestClient_sendsNoHostileName(t *testing.T) {
	t.Parallel()
	for _, invalidName := range hostileNames {
		t.Run(fmt.Sprintf("%.40q", invalidName), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			quoted, err := json.Marshal(invalidName)
			if err != nil {
				t.Fatal(err)
			}
			server.On(listRequest, jsonReply(fmt.Sprintf(`{%s: {"name": %s, "status": "RUNNING", "options": {}}}`, quoted, quoted)))
			server.On(createRequest, jsonReply(fmt.Sprintf(`{"name": %s}`, quoted)))
			server.On(getRequest, jsonReply(fmt.Sprintf(`{"name": %s, "status": "RUNNING", "options": {}}`, quoted)))
			for _, do := range []func(*gateway.Client) error{listClusters, createCluster, getCluster} {
				if err := do(client); kindName(err) != "body" || len(err.Error()) > 1000 {
					t.Errorf("%.1000v", err)
				}
			}
			sentBefore := len(server.Requests())
			for label, err := range map[string]error{
				"get":      errorOf(client.GetCluster(t.Context(), invalidName)),
				"wait":     errorOf(client.WaitCluster(t.Context(), invalidName)),
				"stop":     client.StopCluster(t.Context(), invalidName),
				"scale":    errorOf(client.Scale(t.Context(), invalidName, 1)),
				"adapt":    errorOf(client.Adapt(t.Context(), invalidName, gateway.Adaptive{})),
				"workers":  errorOf(client.Workers(t.Context(), invalidName)),
				"capacity": errorOf(client.Capacity(t.Context(), invalidName)),
				"running":  errorOf(client.AwaitRunning(t.Context(), invalidName)),
				"stopped":  errorOf(client.AwaitStopped(t.Context(), invalidName)),
				"absence":  confirmAbsence(t, client, invalidName),
			} {
				if err == nil || !strings.Contains(err.Error(), "is not the name of a cluster") || len(err.Error()) > 1000 {
					t.Errorf("%s: %.1000v", label, err)
				}
			}
			if got := len(server.Requests()); got != sentBefore {
				t.Errorf("the client sent %v", server.Requests()[sentBefore:])
			}
		})
	}
}

func errorOf[T any](_ T, err error) error { return err }

func confirmAbsence(t *testing.T, c *gateway.Client, name string) error {
	t.Helper()
	_, absence, err := c.GetOrConfirmAbsence(t.Context(), name)
	if absence != nil {
		t.Error("an invalid name counts as an absent cluster")
	}
	return err
}

// TestClient_validatesTheFieldsOfAResponse decodes responses that are valid JSON with
// invalid or unusual content. wantError is part of the expected error. If it is
// empty, want is the expected result.
func TestClient_validatesTheFieldsOfAResponse(t *testing.T) {
	t.Parallel()
	member := func(changed string) string {
		return strings.TrimSuffix(runningCluster(clusterName), "}") + ", " + changed + "}"
	}
	without := func(name string) string { return strings.Replace(runningCluster(name), `"options"`, `"other"`, 1) }
	digits := strings.Repeat("9", 1<<19)
	for label, test := range map[string]struct {
		request, body, wantError string
		want                     any
	}{
		"no status":                        {getRequest, `{"name": "` + clusterName + `", "options": {}}`, `has the status ""`, nil},
		"a status of null":                 {getRequest, `{"name": "` + clusterName + `", "status": null, "options": {}}`, `has the status ""`, nil},
		"an empty status":                  {getRequest, member(`"status": ""`), `has the status ""`, nil},
		"a status with control characters": {getRequest, member(`"status": "\u001b[2J"`), `has the status "\x1b[2J"`, nil},
		"a long status":                    {getRequest, member(`"status": "` + strings.Repeat("A", 1<<19) + `"`), "has the status", nil},
		"a later status":                   {getRequest, member(`"status": "ADOPTED"`), "", gateway.Status("ADOPTED")},
		"a status as a number":             {getRequest, member(`"status": 1`), "got a JSON number in status", nil},
		"no options":                       {getRequest, without(clusterName), "has no options", nil},
		"options of null":                  {getRequest, member(`"options": null`), "has no options", nil},
		"options as a list":                {getRequest, member(`"options": []`), "has no options", nil},
		"options as a text":                {getRequest, member(`"options": "{}"`), "has no options", nil},
		"no options in a list":             {listRequest, `{"` + clusterName + `": ` + without(clusterName) + `}`, "has no options", nil},
		"options twice":                    {getRequest, member(`"options": {"a": 1}`), "", map[string]any{"a": json.Number("1")}},
		"options with huge numbers": {
			getRequest, member(`"options": {"a": 1e999999999, "b": -1e400, "c": 1e-999999999, "d": [` + digits + `], "e": 0.1` + strings.Repeat("0", 1<<18) + `}`), "",
			map[string]any{"a": nil, "b": nil, "c": json.Number("0"), "d": []any{nil}, "e": json.Number("0.1")},
		},
		"deeply nested options":                         {getRequest, member(`"options": ` + strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)), "nested more than", nil},
		"the name twice, the first":                     {getRequest, member(`"name": "` + otherClusterName + `"`), "the response is about the cluster", nil},
		"the name twice, the last":                      {getRequest, strings.Replace(runningCluster(clusterName), "{", `{"name": "x", `, 1), "", gateway.StatusRunning},
		"a name of null":                                {getRequest, `{"name": null, "status": "RUNNING", "options": {}}`, "the response is about the cluster", nil},
		"a start as a text":                             {getRequest, member(`"start_time": "1795422384213"`), "got a JSON string in start_time", nil},
		"a start with a fraction":                       {getRequest, member(`"start_time": 1.5`), "got a JSON number 1.5 in start_time", nil},
		"a huge start":                                  {getRequest, member(`"start_time": 1e99`), "got a JSON number 1e99 in start_time", nil},
		"a negative start":                              {getRequest, member(`"start_time": -1`), "that is not a time", nil},
		"a huge end":                                    {getRequest, member(`"stop_time": 9223372036854775807`), "that is not a time", nil},
		"a route of another host":                       {getRequest, member(`"dashboard_route": "@evil.example.com/"`), `has the dashboard_route "@evil`, nil},
		"a route that names a host":                     {getRequest, member(`"dashboard_route": "//evil.example.com/"`), `has the dashboard_route "//evil`, nil},
		"a route with control characters":               {getRequest, member(`"dashboard_route": "/\u001b[2J"`), `has the dashboard_route "/\x1b[2J"`, nil},
		"a route on two lines":                          {getRequest, member(`"dashboard_route": "/a\nb"`), `has the dashboard_route "/a\nb"`, nil},
		"a route that is empty":                         {getRequest, member(`"dashboard_route": ""`), "", gateway.StatusRunning},
		"unknown members":                               {getRequest, member(`"x": [{"y": {}}]`), "", gateway.StatusRunning},
		"text after the JSON":                           {getRequest, runningCluster(clusterName) + ` {"name": "x"} x`, "", gateway.StatusRunning},
		"clusters one after another, one of them twice": {listRequest, `{"` + clusterName + `": ` + without(otherClusterName) + `, "` + clusterName + `": ` + runningCluster(clusterName) + `}`, "under the name", nil},
		"a cluster twice":                               {listRequest, `{"` + clusterName + `": ` + member(`"options": {"a": "x"}`) + `, "` + clusterName + `": ` + runningCluster(clusterName) + `}`, "", 1},
		"a list of texts":                               {listRequest, `{"` + clusterName + `": "x"}`, "got a JSON string", nil},
		"a list of null":                                {listRequest, `{"` + clusterName + `": null}`, "under the name", nil},
		"a list without end":                            {listRequest, `{"` + clusterName + `": ` + runningCluster(clusterName) + `,`, "as JSON, got", nil},
		"clusters in a list":                            {listRequest, `[` + runningCluster(clusterName) + `]`, "value that starts with [", nil},
		"a name as a number":                            {createRequest, `{"name": 5}`, "got a JSON number in name", nil},
		"a name as a list":                              {createRequest, `{"name": ["x"]}`, "got a JSON array in name", nil},
		"a name and an error":                           {createRequest, `{"error": "x", "name": "` + clusterName + `"}`, "", clusterName},

		"an option without field":      {optionsRequest, `{"cluster_options": [{"default": 1, "spec": {"type": "int"}}]}`, "an option has no field", nil},
		"an option of null":            {optionsRequest, `{"cluster_options": [null]}`, "an option has no field", nil},
		"an option without type":       {optionsRequest, `{"cluster_options": [{"field": "x", "default": 1}]}`, `the option "x" has no type`, nil},
		"an option twice":              {optionsRequest, `{"cluster_options": [{"field": "x", "spec": {"type": "int"}}, {"field": "x", "spec": {"type": "bool"}}]}`, `the option "x" is declared twice`, nil},
		"a limit as a text":            {optionsRequest, `{"cluster_options": [{"field": "x", "spec": {"type": "int", "min": "1"}}]}`, "", "x must be a whole number of at least 1, not true"},
		"a limit that is not a number": {optionsRequest, `{"cluster_options": [{"field": "x", "spec": {"type": "int", "min": "a"}}]}`, "as JSON, got", nil},
		"huge limits":                  {optionsRequest, `{"cluster_options": [{"field": "x", "default": 1e999999999, "spec": {"type": "int", "min": 1e-999999999, "max": 1e999999999}}]}`, "", "x must be a whole number of at least 0, not true"},
		"choices as numbers":           {optionsRequest, `{"cluster_options": [{"field": "x", "spec": {"type": "select", "options": [1]}}]}`, "got a JSON number", nil},
		"an unknown type":              {optionsRequest, `{"cluster_options": [{"field": "x", "spec": {"type": "later"}}]}`, "", ""},

		"workers as a text":                 {countsRequest, `{"workers": "3"}`, "got a JSON string in workers", nil},
		"negative workers":                  {countsRequest, `{"workers": -3}`, "contains no count of workers", nil},
		"a fraction of workers":             {countsRequest, `{"workers": 1.5}`, "got a JSON number 1.5 in workers", nil},
		"workers of null":                   {countsRequest, `{"workers": null}`, "contains no count of workers", nil},
		"a worker's identity":               {identityRequest, `{"type": "Worker", "workers": {}}`, "not from a scheduler", nil},
		"an identity without workers":       {identityRequest, `{"type": "Scheduler", "n_workers": 2}`, "has no workers", nil},
		"negative threads":                  {identityRequest, `{"type": "Scheduler", "workers": {"a": {"nthreads": -1}}}`, "negative counts", nil},
		"too many threads":                  {identityRequest, `{"type": "Scheduler", "workers": {"a": {"nthreads": 9223372036854775807}, "b": {"nthreads": 1}}}`, "negative counts", nil},
		"workers as a list":                 {identityRequest, `{"type": "Scheduler", "workers": []}`, "got a JSON array in workers", nil},
		"ok as a text":                      {scaleRequest, `{"ok": "true"}`, "got a JSON string in ok", nil},
		"ok of null":                        {scaleRequest, `{"ok": null}`, "has no ok", nil},
		"a message as a list":               {scaleRequest, `{"ok": false, "msg": ["x"]}`, "got a JSON array in msg", nil},
		"a message with control characters": {scaleRequest, `{"ok": false, "msg": "\u001b[2J limit of\r\n 4 sesame"}`, "", "?[2J limit of 4 ***"},
		"a long message":                    {scaleRequest, `{"ok": false, "msg": "` + strings.Repeat("x ", 1<<18) + `"}`, "", strings.Repeat("x ", 150) + "…"},
		"a version on two lines":            {versionRequest, `{"version": "2026.3.0\n--index-url http://evil.example.com"}`, "contains no version", nil},
		"a version as a number":             {versionRequest, `{"version": 2026.3}`, "got a JSON number in version", nil},
		"a development version":             {versionRequest, `{"version": "2026.3.0.dev1+g1234567"}`, "", "2026.3.0.dev1+g1234567"},
		"a health with control characters":  {healthRequest, `{"status": "\u001b[2J"}`, `health is "\x1b[2J"`, nil},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, jsonReply(test.body))
			got, err := sendRequest(t, client, test.request)
			if test.wantError == "" {
				if err != nil || !reflect.DeepEqual(got, test.want) && !matchesCluster(got, test.want) {
					t.Errorf("got %#v, want %#v: %v", got, test.want, err)
				}
				return
			}
			if kindName(err) != "body" || !strings.Contains(err.Error(), test.wantError) || len(err.Error()) > 1000 {
				t.Errorf("%.1000v does not contain %q", err, test.wantError)
			}
		})
	}
}

// matchesCluster reports whether got is a cluster with the expected options or
// status.
func matchesCluster(got, want any) bool {
	cluster, isCluster := got.(gateway.Cluster)
	return isCluster && (reflect.DeepEqual(want, cluster.Options) || want == cluster.Status)
}

const (
	scaleRequest   = "POST /api/v1/clusters/" + clusterName + "/scale"
	versionRequest = "GET /api/version"
	healthRequest  = "GET /api/health"
)

// sendRequest sends the request and returns the part of the response that the test
// compares.
func sendRequest(t *testing.T, c *gateway.Client, request string) (any, error) {
	t.Helper()
	switch request {
	case getRequest:
		return c.GetCluster(t.Context(), clusterName)
	case listRequest:
		clusters, err := c.ListClusters(t.Context())
		return len(clusters), err
	case createRequest:
		return c.CreateCluster(t.Context(), nil)
	case optionsRequest:
		declared, err := c.Options(t.Context())
		if err != nil {
			return nil, err
		}
		if wrong, ok := errors.AsType[*gateway.InvalidOptionError](declared[0].Check(true)); ok {
			return wrong.Error(), nil
		}
		return "", nil
	case countsRequest:
		return c.Workers(t.Context(), clusterName)
	case identityRequest:
		return c.Capacity(t.Context(), clusterName)
	case scaleRequest:
		response, err := c.Scale(t.Context(), clusterName, 1)
		return response.Message, err
	case versionRequest:
		return c.Version(t.Context())
	default:
		return nil, c.Health(t.Context())
	}
}
