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

// hostileNames are names that no backend makes, and that could be another path.
var hostileNames = []string{
	"", ".", "..", "/", "../" + other, other + "/adapt", name + "/../" + other, `..\` + other, "..%2f" + other, "%2e%2e", other + "?wait", other + "#x",
	other + "\n", "\x00", other + " ", "\u202e" + other, "é", strings.Repeat("a", 100_000),
}

// TestHostileNames_areInNoPath: whether a name comes from the server or from a
// state or an argument, it is refused before it is a part of a request.
func TestHostileNames_areInNoPath(t *testing.T) {
	t.Parallel()
	for _, bad := range hostileNames {
		t.Run(fmt.Sprintf("%.40q", bad), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			quoted, err := json.Marshal(bad)
			if err != nil {
				t.Fatal(err)
			}
			server.On(list, ok(fmt.Sprintf(`{%s: {"name": %s, "status": "RUNNING", "options": {}}}`, quoted, quoted)))
			server.On(create, ok(fmt.Sprintf(`{"name": %s}`, quoted)))
			server.On(get, ok(fmt.Sprintf(`{"name": %s, "status": "RUNNING", "options": {}}`, quoted)))
			for _, do := range []func(*gateway.Client) error{listThem, createIt, getIt} {
				if err := do(client); kindName(err) != "body" || len(err.Error()) > 1000 {
					t.Errorf("%.1000v", err)
				}
			}
			asked := len(server.Requests())
			for what, err := range map[string]error{
				"get":      second(client.GetCluster(t.Context(), bad)),
				"wait":     second(client.WaitCluster(t.Context(), bad)),
				"stop":     client.StopCluster(t.Context(), bad),
				"scale":    second(client.Scale(t.Context(), bad, 1)),
				"adapt":    second(client.Adapt(t.Context(), bad, gateway.Adaptive{})),
				"workers":  second(client.Workers(t.Context(), bad)),
				"capacity": second(client.Capacity(t.Context(), bad)),
				"running":  second(client.AwaitRunning(t.Context(), bad)),
				"stopped":  second(client.AwaitStopped(t.Context(), bad)),
				"look":     lookAt(t, client, bad),
			} {
				if err == nil || !strings.Contains(err.Error(), "is not the name of a cluster") || len(err.Error()) > 1000 {
					t.Errorf("%s: %.1000v", what, err)
				}
			}
			if got := len(server.Requests()); got != asked {
				t.Errorf("%v was asked for", server.Requests()[asked:])
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func lookAt(t *testing.T, c *gateway.Client, name string) error {
	t.Helper()
	_, absence, err := c.GetOrConfirmAbsence(t.Context(), name)
	if absence != nil {
		t.Error("what has no name was found to be gone")
	}
	return err
}

// TestHostileFields_ofAnAnswer lists answers whose form is right and whose
// content is not, or is only odd. Refused is what the error says; where it is
// "", taken is what the client makes of the answer.
func TestHostileFields_ofAnAnswer(t *testing.T) {
	t.Parallel()
	member := func(changed string) string { return strings.TrimSuffix(running(name), "}") + ", " + changed + "}" }
	without := func(name string) string { return strings.Replace(running(name), `"options"`, `"other"`, 1) }
	digits := strings.Repeat("9", 8<<20)
	for what, test := range map[string]struct {
		request, body, refused string
		taken                  any
	}{
		"no status":            {get, `{"name": "` + name + `", "options": {}}`, `has the status ""`, nil},
		"a status of null":     {get, `{"name": "` + name + `", "status": null, "options": {}}`, `has the status ""`, nil},
		"an empty status":      {get, member(`"status": ""`), `has the status ""`, nil},
		"a status of colours":  {get, member(`"status": "\u001b[2J"`), `has the status "\x1b[2J"`, nil},
		"a long status":        {get, member(`"status": "` + strings.Repeat("A", 1<<20) + `"`), "has the status", nil},
		"a later status":       {get, member(`"status": "ADOPTED"`), "", gateway.Status("ADOPTED")},
		"a status as a number": {get, member(`"status": 1`), "got a JSON number in status", nil},
		"no options":           {get, without(name), "has no options", nil},
		"options of null":      {get, member(`"options": null`), "has no options", nil},
		"options as a list":    {get, member(`"options": []`), "has no options", nil},
		"options as a text":    {get, member(`"options": "{}"`), "has no options", nil},
		"options in a list":    {list, `{"` + name + `": ` + without(name) + `}`, "has no options", nil},
		"options twice":        {get, member(`"options": {"a": 1}`), "", map[string]any{"a": json.Number("1")}},
		"options that nobody reads to the end": {
			get, member(`"options": {"a": 1e999999999, "b": -1e400, "c": 1e-999999999, "d": [` + digits + `], "e": 0.1` + strings.Repeat("0", 1<<20) + `}`), "",
			map[string]any{"a": nil, "b": nil, "c": json.Number("0"), "d": []any{nil}, "e": json.Number("0.1")},
		},
		"options that are deep":                         {get, member(`"options": ` + strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)), "nested more than", nil},
		"the name twice, the first":                     {get, member(`"name": "` + other + `"`), "the response is about the cluster", nil},
		"the name twice, the last":                      {get, strings.Replace(running(name), "{", `{"name": "x", `, 1), "", gateway.StatusRunning},
		"a name of null":                                {get, `{"name": null, "status": "RUNNING", "options": {}}`, "the response is about the cluster", nil},
		"a start as a text":                             {get, member(`"start_time": "1795422384213"`), "got a JSON string in start_time", nil},
		"a start with a fraction":                       {get, member(`"start_time": 1.5`), "got a JSON number 1.5 in start_time", nil},
		"a start without measure":                       {get, member(`"start_time": 1e99`), "got a JSON number 1e99 in start_time", nil},
		"a start before all":                            {get, member(`"start_time": -1`), "that is not a time", nil},
		"an end after all":                              {get, member(`"stop_time": 9223372036854775807`), "that is not a time", nil},
		"a route of another host":                       {get, member(`"dashboard_route": "@evil.example.com/"`), `has the dashboard_route "@evil`, nil},
		"a route of a host's own":                       {get, member(`"dashboard_route": "//evil.example.com/"`), `has the dashboard_route "//evil`, nil},
		"a route of colours":                            {get, member(`"dashboard_route": "/\u001b[2J"`), `has the dashboard_route "/\x1b[2J"`, nil},
		"a route on two lines":                          {get, member(`"dashboard_route": "/a\nb"`), `has the dashboard_route "/a\nb"`, nil},
		"a route that is empty":                         {get, member(`"dashboard_route": ""`), "", gateway.StatusRunning},
		"members that are unknown":                      {get, member(`"x": [{"y": {}}]`), "", gateway.StatusRunning},
		"words after the JSON":                          {get, running(name) + ` {"name": "x"} x`, "", gateway.StatusRunning},
		"clusters one after another, one of them twice": {list, `{"` + name + `": ` + without(other) + `, "` + name + `": ` + running(name) + `}`, "under the name", nil},
		"a cluster twice":                               {list, `{"` + name + `": ` + member(`"options": {"a": "x"}`) + `, "` + name + `": ` + running(name) + `}`, "", 1},
		"a list of texts":                               {list, `{"` + name + `": "x"}`, "got a JSON string", nil},
		"a list of null":                                {list, `{"` + name + `": null}`, "under the name", nil},
		"a list without end":                            {list, `{"` + name + `": ` + running(name) + `,`, "as JSON, got", nil},
		"clusters in a list":                            {list, `[` + running(name) + `]`, "value that starts with [", nil},
		"a name as a number":                            {create, `{"name": 5}`, "got a JSON number in name", nil},
		"a name as a list":                              {create, `{"name": ["x"]}`, "got a JSON array in name", nil},
		"a name and an error":                           {create, `{"error": "x", "name": "` + name + `"}`, "", name},

		"an option without field":   {options, `{"cluster_options": [{"default": 1, "spec": {"type": "int"}}]}`, "an option has no field", nil},
		"an option of null":         {options, `{"cluster_options": [null]}`, "an option has no field", nil},
		"an option without type":    {options, `{"cluster_options": [{"field": "x", "default": 1}]}`, `the option "x" has no type`, nil},
		"an option twice":           {options, `{"cluster_options": [{"field": "x", "spec": {"type": "int"}}, {"field": "x", "spec": {"type": "bool"}}]}`, `the option "x" is declared twice`, nil},
		"a limit as a text":         {options, `{"cluster_options": [{"field": "x", "spec": {"type": "int", "min": "1"}}]}`, "", "x must be a whole number of at least 1, not true"},
		"a limit that is no number": {options, `{"cluster_options": [{"field": "x", "spec": {"type": "int", "min": "a"}}]}`, "as JSON, got", nil},
		"limits without measure":    {options, `{"cluster_options": [{"field": "x", "default": 1e999999999, "spec": {"type": "int", "min": 1e-999999999, "max": 1e999999999}}]}`, "", "x must be a whole number of at least 0, not true"},
		"choices as numbers":        {options, `{"cluster_options": [{"field": "x", "spec": {"type": "select", "options": [1]}}]}`, "got a JSON number", nil},
		"a kind of its own":         {options, `{"cluster_options": [{"field": "x", "spec": {"type": "later"}}]}`, "", ""},

		"workers as a text":      {counts, `{"workers": "3"}`, "got a JSON string in workers", nil},
		"workers below none":     {counts, `{"workers": -3}`, "contains no count of workers", nil},
		"workers in halves":      {counts, `{"workers": 1.5}`, "got a JSON number 1.5 in workers", nil},
		"workers of null":        {counts, `{"workers": null}`, "contains no count of workers", nil},
		"a worker's account":     {account, `{"type": "Worker", "workers": {}}`, "not from a scheduler", nil},
		"no account of workers":  {account, `{"type": "Scheduler", "n_workers": 2}`, "has no workers", nil},
		"threads below none":     {account, `{"type": "Scheduler", "workers": {"a": {"nthreads": -1}}}`, "negative counts", nil},
		"threads beyond all":     {account, `{"type": "Scheduler", "workers": {"a": {"nthreads": 9223372036854775807}, "b": {"nthreads": 1}}}`, "negative counts", nil},
		"workers as a list":      {account, `{"type": "Scheduler", "workers": []}`, "got a JSON array in workers", nil},
		"ok as a text":           {scale, `{"ok": "true"}`, "got a JSON string in ok", nil},
		"ok of null":             {scale, `{"ok": null}`, "has no ok", nil},
		"a message as a list":    {scale, `{"ok": false, "msg": ["x"]}`, "got a JSON array in msg", nil},
		"a message of colours":   {scale, `{"ok": false, "msg": "\u001b[2J limit of\r\n 4 sesame"}`, "", "?[2J limit of 4 ***"},
		"a message of a page":    {scale, `{"ok": false, "msg": "` + strings.Repeat("x ", 1<<20) + `"}`, "", strings.Repeat("x ", 150) + "…"},
		"a version on two lines": {version, `{"version": "2026.3.0\n--index-url http://evil.example.com"}`, "contains no version", nil},
		"a version as a number":  {version, `{"version": 2026.3}`, "got a JSON number in version", nil},
		"a version of its own":   {version, `{"version": "2026.3.0.dev1+g1234567"}`, "", "2026.3.0.dev1+g1234567"},
		"a health of colours":    {health, `{"status": "\u001b[2J"}`, `health is "\x1b[2J"`, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, ok(test.body))
			got, err := ask(t, client, test.request)
			if test.refused == "" {
				if err != nil || !reflect.DeepEqual(got, test.taken) && !hasOptions(got, test.taken) {
					t.Errorf("got %#v, want %#v: %v", got, test.taken, err)
				}
				return
			}
			if kindName(err) != "body" || !strings.Contains(err.Error(), test.refused) || len(err.Error()) > 1000 {
				t.Errorf("%.1000v does not say %q", err, test.refused)
			}
		})
	}
}

// hasOptions compares a cluster with the options or the status that it should have.
func hasOptions(got, want any) bool {
	cluster, isCluster := got.(gateway.Cluster)
	return isCluster && (reflect.DeepEqual(want, cluster.Options) || want == cluster.Status)
}

const (
	scale   = "POST /api/v1/clusters/" + name + "/scale"
	version = "GET /api/version"
	health  = "GET /api/health"
)

// ask sends the request and returns what is of interest in the answer.
func ask(t *testing.T, c *gateway.Client, request string) (any, error) {
	t.Helper()
	switch request {
	case get:
		return c.GetCluster(t.Context(), name)
	case list:
		clusters, err := c.ListClusters(t.Context())
		return len(clusters), err
	case create:
		return c.CreateCluster(t.Context(), nil)
	case options:
		declared, err := c.Options(t.Context())
		if err != nil {
			return nil, err
		}
		if wrong, ok := errors.AsType[*gateway.InvalidOptionError](declared[0].Check(true)); ok {
			return wrong.Error(), nil
		}
		return "", nil
	case counts:
		return c.Workers(t.Context(), name)
	case account:
		return c.Capacity(t.Context(), name)
	case scale:
		answer, err := c.Scale(t.Context(), name, 1)
		return answer.Message, err
	case version:
		return c.Version(t.Context())
	default:
		return nil, c.Health(t.Context())
	}
}
