// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const sasSecret = "sv=2026&sig=s3cret"

func TestDaskCluster_rejectsSecretOptions(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	at := func(names ...string) string {
		path := `AttributeName("options_wo")`
		for _, name := range names {
			path += `.ElementKeyString("` + name + `")`
		}
		return path
	}
	both := func(open, secret map[string]any) map[string]any {
		return map[string]any{"options": open, "options_wo": secret}
	}
	environment := func(members map[string]any) map[string]any { return map[string]any{"environment": members} }
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"beside an open member":      {both(environment(map[string]any{"A": "1"}), environment(map[string]any{"URL": sasSecret})), providertest.ExpectedDiagnostic{}},
		"a member twice":             {both(environment(map[string]any{"URL": "x"}), environment(map[string]any{"URL": sasSecret})), providertest.ErrorAt(at("environment", "URL"), "environment.URL is in options and in options_wo")},
		"an option twice":            {both(map[string]any{"image": "a:b"}, map[string]any{"image": "c:d"}), providertest.ErrorAt(at("image"), "image is in options and in options_wo")},
		"a text over a mapping":      {both(environment(nil), map[string]any{"environment": "x"}), providertest.ErrorAt(at("environment"), "environment is in options and in options_wo")},
		"a text for a mapping":       {map[string]any{"options_wo": map[string]any{"environment": sasSecret}}, providertest.ErrorAt(at("environment"), "environment must be a map. The value is write-only")},
		"not an object":              {map[string]any{"options_wo": sasSecret}, providertest.ErrorAt(`AttributeName("options_wo")`, "options_wo = { worker_cores = 2 }")},
		"unknown value":              {both(environment(map[string]any{"URL": "x"}), environment(map[string]any{"URL": providertest.Unknown{}})), providertest.ExpectedDiagnostic{}},
		"version without options_wo": {map[string]any{"options_wo_version": 1}, providertest.ErrorAt(`AttributeName("options_wo_version")`, "options_wo")},
		"misspelt":                   {map[string]any{"options_wo": map[string]any{"environmnt": map[string]any{"URL": sasSecret}}}, providertest.ErrorAt(at("environmnt"), `Did you mean "environment"?`)},
		"text for a number":          {map[string]any{"options_wo": map[string]any{"worker_cores": sasSecret}}, providertest.ErrorAt(at("worker_cores"), "worker_cores must be a number")},
		"a number out of range":      {map[string]any{"options_wo": map[string]any{"worker_cores": 99}}, providertest.ErrorAt(at("worker_cores"), "at most 8. The value is write-only and is not shown.")},
		"open options are checked":   {both(map[string]any{"worker_cores": 99}, environment(map[string]any{"URL": sasSecret})), providertest.ErrorAt(`AttributeName("options").ElementKeyString("worker_cores")`, "at most 8")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := client.Validate(t, "pc_dask_cluster", test.config)
			if len(got) == 0 {
				got = client.Plan(t, "pc_dask_cluster", client.None(t), test.config).Diagnostics
			}
			providertest.AssertDiagnostics(t, got, test.want)
			for _, d := range got {
				if strings.Contains(d.Summary+d.Detail, sasSecret) {
					t.Errorf("the value is in the message: %s", d.Detail)
				}
			}
		})
	}
}

// TestDaskCluster_keepsSecretOptionsOutOfTheState follows the secrets from the request to
// the responses of the gateway, which always contain them.
func TestDaskCluster_keepsSecretOptionsOutOfTheState(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	config := map[string]any{
		"options":            map[string]any{"environment": map[string]any{"A": "1"}},
		"options_wo":         map[string]any{"environment": map[string]any{"URL": sasSecret}, "image": "private:" + "s3cret"},
		"options_wo_version": 1,
	}
	created, diagnostics := client.Apply(t.Context(), t, "pc_dask_cluster", client.None(t), config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	var body struct {
		Options map[string]any `json:"cluster_options"`
	}
	for _, request := range mock.Requests() {
		if request.Method == http.MethodPost {
			if err := json.Unmarshal(request.Body, &body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := toJSON(t, body.Options); got != `{"environment":{"A":"1","URL":"sv=2026\u0026sig=s3cret"},"image":"private:s3cret"}` {
		t.Errorf("the create request has the options %s", got)
	}
	read, diagnostics := client.Read(t, "pc_dask_cluster", created)
	providertest.AssertNoDiagnostics(t, diagnostics)
	config["workers"] = 2
	resized, diagnostics := client.Apply(t.Context(), t, "pc_dask_cluster", read, config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	for name, instance := range map[string]providertest.Instance{"created": created, "read": read, "resized": resized} {
		value, err := instance.State.Unmarshal(client.ResourceType("pc_dask_cluster"))
		if err != nil {
			t.Fatal(err)
		}
		if text := value.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, `"A":tftypes.String<"1">`) {
			t.Errorf("%s: the state is %s", name, text)
		}
	}
	config["options_wo"] = map[string]any{"environment": map[string]any{"URL": "another"}}
	if plan := client.Plan(t, "pc_dask_cluster", resized, config); len(plan.RequiresReplace) > 0 {
		t.Errorf("a changed options_wo is replaced without a new version: %v", plan.RequiresReplace)
	}
	config["options_wo_version"] = 2
	if plan := client.Plan(t, "pc_dask_cluster", resized, config); len(plan.RequiresReplace) == 0 {
		t.Error("a changed options_wo_version replaces nothing")
	}
}

// A gateway that refuses a value may quote it, and so may the administrator's code
// that translates options into a cluster.
func TestDaskCluster_hidesSecretOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	const long, secret = "abcdefghijklmnopqrstuvwxyz", "c0rrect <horse> battery"
	for name, response := range map[string]mockserver.Fault{
		"refused":              {Status: 422, ContentType: "application/json; charset=utf-8", Body: `{"error": "'` + secret + `' is not a valid option for environment"}`},
		"refused at length":    {Status: 422, ContentType: "application/json", Body: `{"error": "` + strings.Repeat("x", 290) + strings.Repeat(long, 9) + `"}`},
		"a crash":              {Status: 500, ContentType: "text/plain", Body: "ValueError: " + secret},
		"a page":               {Status: 502, ContentType: "text/html", Body: "<html><h1>" + html.EscapeString(secret) + "</h1></html>"},
		"an unusable response": {Status: 201, ContentType: "application/json", Body: `{"name": "` + secret + `"}`},
		"no JSON":              {Status: 201, ContentType: "text/plain", Body: "made with " + secret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			response.Method, response.Path = http.MethodPost, "*/clusters/"
			mock.FailNext(response)
			_, got := client.Apply(t.Context(), t, "pc_dask_cluster", client.None(t), map[string]any{
				"options_wo": map[string]any{"environment": map[string]any{"URL": secret, "KEY": strings.Repeat(long, 9)}},
			})
			if len(got) == 0 {
				t.Fatal("got no error")
			}
			for _, d := range got {
				if text := d.Summary + d.Detail; strings.Contains(text, "c0rrect") || strings.Contains(text, long[:8]) {
					t.Errorf("the value is in the message: %s", text)
				}
			}
		})
	}
}

// An import brings all options of the cluster into the state, because it does not
// know the configuration. The first update removes the secret ones and keeps the
// cluster: only options_wo_version decides about write-only options.
func TestDaskCluster_hidesSecretOptionsAfterAnImport(t *testing.T) {
	t.Parallel()
	url := map[string]any{"URL": sasSecret}
	both := map[string]any{"environment": url, "image": "private:s3cret"}
	for name, test := range map[string]struct {
		has, secret map[string]any
		want        providertest.ExpectedDiagnostic
	}{
		"the same":             {has: map[string]any{"image": "private:s3cret", "environment": map[string]string{"A": "1", "URL": sasSecret}}, secret: both},
		"another secret":       {has: map[string]any{"image": "private:s3cret", "environment": map[string]string{"A": "1", "URL": "s3cret of last week"}}, secret: both},
		"without one of two":   {map[string]any{"image": "private:s3cret", "environment": map[string]string{"A": "1"}}, both, mayLackWarning("created without environment.URL.")},
		"without the only one": {map[string]any{"environment": map[string]string{"A": "1"}}, map[string]any{"environment": url}, mayLackWarning("created without environment.URL.")},
		"more than that":       {map[string]any{"image": "private:s3cret", "environment": map[string]string{"A": "1", "B": "2", "URL": sasSecret}}, both, mayLackWarning("runs with environment.B, which")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClient(t, providertest.Block(mock))
			imported := client.Imported(t, "pc_dask_cluster", mock.AddCluster("alice", test.has))
			config := map[string]any{
				"options":            map[string]any{"environment": map[string]any{"A": "1"}},
				"options_wo":         test.secret,
				"options_wo_version": 1,
			}
			plan := client.Plan(t, "pc_dask_cluster", imported, config)
			if len(plan.RequiresReplace) > 0 {
				t.Errorf("a replacement is planned because of %v", plan.RequiresReplace)
			}
			for _, d := range plan.Diagnostics {
				if strings.Contains(d.Summary+d.Detail, "s3cret") {
					t.Errorf("the plan shows the secret: %s", d.Detail)
				}
			}
			applied, diagnostics := client.Apply(t.Context(), t, "pc_dask_cluster", imported, config)
			providertest.AssertDiagnostics(t, diagnostics, test.want)
			read, diagnostics := client.Read(t, "pc_dask_cluster", applied)
			providertest.AssertNoDiagnostics(t, diagnostics)
			for _, instance := range []providertest.Instance{applied, read} {
				value, err := instance.State.Unmarshal(client.ResourceType("pc_dask_cluster"))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(value.String(), "s3cret") {
					t.Errorf("the state is %s", value)
				}
			}
			plan = client.Plan(t, "pc_dask_cluster", read, config)
			providertest.AssertNoDiagnostics(t, plan.Diagnostics)
			if len(plan.RequiresReplace) > 0 {
				t.Errorf("the next plan has a replacement because of %v", plan.RequiresReplace)
			}
			config["options_wo_version"] = 2
			if plan := client.Plan(t, "pc_dask_cluster", read, config); len(plan.RequiresReplace) == 0 {
				t.Error("another options_wo_version replaces nothing")
			}
		})
	}
}

func mayLackWarning(text string) providertest.ExpectedDiagnostic {
	return providertest.WarningAt(`AttributeName("options_wo")`, text)
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
