// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// declareOtherDefaults makes a gateway declare other defaults from now on.
func declareOtherDefaults(mock *providertest.Mock) { failForever(mock, http.StatusOK, otherDefaults) }

func failForever(mock *providertest.Mock, status int, body string) {
	mock.FailNext(providertest.RespondAlways("*/options", status, body))
}

// replacedAddress is a provider block whose address is unknown whenever the
// generation changes.
func replacedAddress(mock *providertest.Mock, token string, generation int) string {
	return fmt.Sprintf(`
resource "terraform_data" "hub" {
  input            = %q
  triggers_replace = %d
}
provider "pc" {
  address   = terraform_data.hub.output
  api_token = %q
}
`, mock.GatewayURL(), generation, token)
}

// promise is a plan that is saved, and applied after something has changed.
type promise struct {
	// before is applied first, after is planned. Both get the number of the
	// generation of the provider's address.
	before, after func(mock *providertest.Mock, token string) string
	// environment is for before and for the plan.
	environment string
	// planning happens before the plan, changing between plan and apply.
	planning, changing func(mock *providertest.Mock, w *terraform.Workspace)
	planArguments      []string
	// actions is what the plan shows of the cluster, "" for no change.
	actions string
	// output is in the output of the plan.
	output []string
	// secret is in no output.
	secret string
	// creates is how many clusters are created in all.
	creates int
}

func clusterWith(body string) func(*providertest.Mock, string) string {
	return func(mock *providertest.Mock, token string) string {
		return providertest.ProviderBlockAs(mock, token) + "resource \"pc_dask_cluster\" \"test\" {\n" + body + "\n}\n"
	}
}

func withSecret(body string) func(*providertest.Mock, string) string {
	return func(mock *providertest.Mock, token string) string {
		return clusterWith(body)(mock, token) + "variable \"secret\" {\n default = \"hunter2\"\n sensitive = true\n}\n"
	}
}

func generation(number int, body string) func(*providertest.Mock, string) string {
	return func(mock *providertest.Mock, token string) string {
		return replacedAddress(mock, token, number) + "resource \"pc_dask_cluster\" \"test\" {\n" + body + "\n}\n"
	}
}

func TestAccDaskCluster_keepsWhatThePlanShows(t *testing.T) {
	t.Parallel()
	replaced := "delete,create"
	for name, test := range map[string]promise{
		"options change while the address is unknown": {
			before: generation(1, "options = { worker_cores = 2 }"), after: generation(2, "options = { worker_cores = 3 }"),
			actions: replaced, creates: 2,
		},
		"options_wo_version changes while the address is unknown": {
			before:  generation(1, "options_wo = { environment = { A = \"1\" } }\n options_wo_version = 1"),
			after:   generation(2, "options_wo = { environment = { A = \"1\" } }\n options_wo_version = 2"),
			actions: replaced, creates: 2,
		},
		"a removed option had the default, which changes after the plan": {
			before: clusterWith("options = { worker_memory = 8 }"), after: clusterWith("workers = 1"),
			changing: func(mock *providertest.Mock, _ *terraform.Workspace) { declareOtherDefaults(mock) },
			actions:  "update", creates: 1,
		},
		"a removed option, and the options cannot be read": {
			before: clusterWith("options = { worker_cores = 4 }"), after: clusterWith(""),
			planning: func(mock *providertest.Mock, _ *terraform.Workspace) {
				failForever(mock, http.StatusServiceUnavailable, "down")
			},
			changing: func(mock *providertest.Mock, _ *terraform.Workspace) { mock.ClearFaults() },
			actions:  replaced, creates: 2, output: []string{"worker_cores: the cluster has 4, the default was 1"},
		},
		"a removed option, without a refresh while the gateway is down": {
			before: clusterWith("options = { worker_cores = 4 }"), after: clusterWith(""),
			planning: func(mock *providertest.Mock, _ *terraform.Workspace) {
				mock.FailNext(mockserver.Fault{Times: 1 << 30, Drop: mockserver.DropBeforeHandling})
			},
			planArguments: []string{"-refresh=false"},
			changing:      func(mock *providertest.Mock, _ *terraform.Workspace) { mock.ClearFaults() },
			actions:       replaced, creates: 2,
		},
		"defaults from the environment change": {
			before: clusterWith(""), after: clusterWith("workers = 1"),
			environment: "DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2",
			changing: func(_ *providertest.Mock, w *terraform.Workspace) {
				w.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=4")
			},
			actions: "update", creates: 1,
		},
		"ten options differ": {
			before: clusterWith(`options = { worker_cores = 2, worker_memory = 4, idle_minutes = 5, profile = "standard", environment = { A = "hunter2" } }`), after: clusterWith(""),
			actions: replaced, creates: 2,
			output: []string{"worker_cores: the cluster has 2, the default was 1", "worker_memory: the cluster has 4, the default was 8", "idle_minutes: the cluster has 5, the default was 0", "environment"},
		},
		"a secret moves from options to options_wo": {
			before: withSecret(`options = { environment = { A = "1", API_KEY = var.secret } }`),
			after: withSecret(`options = { environment = { A = "1" } }
				options_wo = { environment = { API_KEY = var.secret } }
				options_wo_version = 1`),
			actions: replaced, creates: 2, secret: "hunter2",
		},
		"an unknown option": {
			before: clusterWith("options = { worker_cores = 2 }"),
			after: func(mock *providertest.Mock, token string) string {
				return clusterWith("options = { worker_cores = tonumber(terraform_data.cores.output) }")(mock, token) + "resource \"terraform_data\" \"cores\" {\n input = 2\n}\n"
			},
			actions: replaced, creates: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMockInRealTime(t, mockserver.Config{})
			w := terraform.New(t)
			if strings.Contains(name, "options_wo") {
				w.Require(terraform.WriteOnlyArguments)
			}
			if test.environment != "" {
				w.Setenv(test.environment)
			}
			token := mock.NewToken("alice")
			w.Write("main.tf", test.before(mock, token))
			outputs := w.Apply().Output
			w.Write("main.tf", test.after(mock, token))
			if test.planning != nil {
				test.planning(mock, w)
			}
			planned := w.Must(append([]string{"plan", "-no-color", "-out=saved.plan"}, test.planArguments...)...)
			for _, text := range test.output {
				if !strings.Contains(planned.Flat(), text) {
					t.Errorf("the plan does not contain %q:\n%s", text, planned.Output)
				}
			}
			if warnings := planned.Output[strings.Index(planned.Output, "Plan:"):]; strings.Contains(warnings, "hunter2") {
				t.Errorf("a warning shows a value: %s", warnings)
			}
			if got := w.PlannedActions("saved.plan")[providertest.ClusterAddress]; got != test.actions {
				t.Errorf("the plan shows %q, want %q", got, test.actions)
			}
			if test.changing != nil {
				test.changing(mock, w)
			}
			outputs += planned.Output + w.Must("apply", "-no-color", "saved.plan").Output
			if test.secret != "" && strings.Contains(outputs, test.secret) {
				t.Errorf("the output contains %q:\n%s", test.secret, outputs)
			}
			if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != test.creates {
				t.Errorf("%d clusters were created, want %d", got, test.creates)
			}
			mock.ClearFaults()
			if actions := w.Actions(); len(actions) != 0 {
				t.Errorf("the next plan has %v", actions)
			}
			w.Destroy()
			providertest.AssertNothingRuns(t, mock)
		})
	}
}

// importBlock imports a cluster with a configuration.
func importBlock(name, body string) string {
	return "import {\n to = pc_dask_cluster.test\n id = \"" + name + "\"\n}\nresource \"pc_dask_cluster\" \"test\" {\n" + body + "\n}\n"
}

func TestAccDaskCluster_importKeepsTheCluster(t *testing.T) {
	t.Parallel()
	has := map[string]any{"worker_cores": 2.0, "environment": map[string]string{"A": "1", "URL": "s3cret"}}
	const open = "options = { worker_cores = 2, environment = { A = \"1\" } }\n"
	for name, test := range map[string]struct {
		config func(mock *providertest.Mock, token, name string) string
		output string
	}{
		"ignore_changes of options": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + importBlock(name, "lifecycle {\n ignore_changes = [options]\n }")
		}},
		"ignore_changes of all": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + importBlock(name, "options = { worker_cores = 8 }\n lifecycle {\n ignore_changes = all\n }")
		}},
		"a secret that is known only after apply": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + "resource \"terraform_data\" \"secret\" {\n input = \"s3cret\"\n}\n" +
				importBlock(name, open+"options_wo = { environment = { URL = terraform_data.secret.output } }\n options_wo_version = 1")
		}, output: "An imported cluster may lack a write-only option"},
		"an unknown address": {config: func(mock *providertest.Mock, token, name string) string {
			return replacedAddress(mock, token, 1) + importBlock(name, "options = { worker_cores = 2, environment = { A = \"1\", URL = \"s3cret\" } }")
		}, output: "Could not compare the imported cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMockInRealTime(t, mockserver.Config{})
			w := terraform.New(t)
			if strings.Contains(name, "secret") {
				w.Require(terraform.WriteOnlyArguments)
			}
			cluster := mock.AddCluster("alice", has)
			w.Write("main.tf", test.config(mock, mock.NewToken("alice"), cluster))
			planned := w.Must("plan", "-no-color", "-out=saved.plan")
			if !strings.Contains(planned.Flat(), test.output) {
				t.Errorf("the plan does not contain %q:\n%s", test.output, planned.Output)
			}
			w.Must("apply", "-no-color", "saved.plan")
			// An administrator changes the defaults weeks later.
			declareOtherDefaults(mock)
			if actions := w.Actions(); len(actions) != 0 {
				t.Errorf("the next plan has %v", actions)
			}
			if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != 0 {
				t.Errorf("%d clusters were created", got)
			}
			w.Destroy()
			providertest.AssertNothingRuns(t, mock)
		})
	}
}

func TestAccDaskCluster_importFailsWhenTheClusterDiffersAtApply(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	w.Write("main.tf", replacedAddress(mock, mock.NewToken("alice"), 1)+importBlock(name, "options = { worker_cores = 3 }"))
	applied := w.Run("apply", "-auto-approve", "-no-color")
	if applied.Code != 1 || !strings.Contains(applied.Flat(), "The imported cluster runs with other options") {
		t.Errorf("apply ended with %d: %s", applied.Code, applied.Output)
	}
	if actions := w.Actions(); actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("the next plan has %v", actions)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_generatedConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0, "environment": map[string]string{"A": "1"}})
	w.Write("main.tf", providertest.ProviderBlock(mock)+"import {\n to = pc_dask_cluster.test\n id = \""+name+"\"\n}\n")
	w.Must("plan", "-no-color", "-generate-config-out=generated.tf")
	generated, err := os.ReadFile(w.Path("generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(generated), "worker_cores = 2") {
		t.Errorf("generated:\n%s", generated)
	}
	if applied := w.Apply(); !strings.Contains(applied.Output, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply changed something:\n%s", applied.Output)
	}
	// The import is over although there was nothing to change.
	declareOtherDefaults(mock)
	if actions := w.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_importEndsWithTheFirstApply applies an import that changes
// nothing. From then on the cluster is compared like one that was created here.
func TestAccDaskCluster_importEndsWithTheFirstApply(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	block := providertest.ProviderBlock(mock)
	w.Write("main.tf", block+importBlock(name, "options = { worker_cores = 2 }"))
	if applied := w.Apply(); !strings.Contains(applied.Output, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the import changed something:\n%s", applied.Output)
	}
	declareOtherDefaults(mock)
	w.Write("main.tf", block+"resource \"pc_dask_cluster\" \"test\" {}\n")
	planned := w.Must("plan", "-no-color", "-out=saved.plan")
	if actions := w.PlannedActions("saved.plan"); actions[providertest.ClusterAddress] != "delete,create" || !strings.Contains(planned.Flat(), "worker_cores: the cluster has 2, the default was 1") {
		t.Errorf("worker_cores is removed, and the plan has %v:\n%s", actions, planned.Output)
	}
	w.Must("apply", "-no-color", "saved.plan")
	if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != 1 {
		t.Errorf("%d clusters were created, want 1", got)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_isReplacedWithATokenThatIsDue changes options in the run that
// renews the provider's own token, whose value is unknown at plan. The Hub's clock is
// behind, so that the first token is due at the next refresh.
func TestAccDaskCluster_isReplacedWithATokenThatIsDue(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{ClockOffset: -25 * time.Hour})
	w := terraform.New(t)
	config := func(body string) string {
		return fmt.Sprintf(`
provider "pc" {
  alias       = "hub"
  hub_address = %q
  api_token   = %q
}
resource "pc_hub_token" "run" {
  provider     = pc.hub
  expires_in   = "48h"
  renew_before = "24h"
  lifecycle {
    create_before_destroy = true
  }
}
provider "pc" {
  address   = %q
  api_token = pc_hub_token.run.token
}
resource "pc_dask_cluster" "test" {
  %s
}
`, mock.HubURL(), mock.NewToken("alice"), mock.GatewayURL(), body)
	}
	w.Write("main.tf", config("options = { worker_cores = 2 }"))
	w.Apply()
	w.Write("main.tf", config("options = { worker_cores = 3 }"))
	w.Must("plan", "-no-color", "-out=saved.plan")
	actions := w.PlannedActions("saved.plan")
	if actions["pc_hub_token.run"] != "create,delete" || actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("the plan has %v", actions)
	}
	mock.Advance(25 * time.Hour)
	w.Must("apply", "-no-color", "saved.plan")
	if actions := w.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown refreshes while
// proxy_address and max_retries come from a resource that is replaced.
func TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	token := mock.NewToken("alice")
	config := func(generation int, body string) string {
		return fmt.Sprintf(`
resource "terraform_data" "proxy" {
  input            = { address = "gateway://dask.example.com:8786", retries = 1 }
  triggers_replace = %d
}
provider "pc" {
  address       = %q
  api_token     = %q
  proxy_address = terraform_data.proxy.output.address
  max_retries   = terraform_data.proxy.output.retries
}
resource "pc_dask_cluster" "test" {
  %s
}
resource "terraform_data" "dependant" { input = pc_dask_cluster.test.scheduler_address }
`, generation, mock.GatewayURL(), token, body)
	}
	w.Write("main.tf", config(1, ""))
	w.Apply()
	w.Write("main.tf", config(2, "options = { worker_cores = 99 }"))
	if planned := w.Run("plan", "-no-color"); planned.Code != 1 || !strings.Contains(planned.Flat(), "not 99") {
		t.Errorf("the options are not checked:\n%s", planned.Output)
	}
	w.Write("main.tf", config(2, ""))
	w.Must("plan", "-no-color", "-out=saved.plan")
	if actions := w.PlannedActions("saved.plan"); len(actions) != 1 || actions["terraform_data.proxy"] != "delete,create" {
		t.Errorf("the plan has %v", actions)
	}
	w.Must("apply", "-no-color", "saved.plan")
	for _, each := range w.Instances() {
		if address := fmt.Sprint(each.Attributes["scheduler_address"]); each.Address == providertest.ClusterAddress && !strings.HasPrefix(address, "gateway://dask.example.com:8786/") {
			t.Errorf("the state has the scheduler address %q", address)
		}
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_ignoresScalingFromOutside scales as a notebook does.
func TestAccDaskCluster_ignoresScalingFromOutside(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	token := mock.NewToken("alice")
	w.Write("main.tf", clusterWith("workers = 1")(mock, token))
	w.Apply()
	// A replica whose cache lags behind returns 404.
	status := 0
	for try := 0; try < 4 && status != http.StatusOK; try++ {
		scale, err := http.NewRequestWithContext(t.Context(), http.MethodPost, mock.GatewayURL()+"api/v1/clusters/"+mock.Clusters("alice")[0].Name+"/scale", strings.NewReader(`{"count": 3}`))
		if err != nil {
			t.Fatal(err)
		}
		scale.Header.Set("Authorization", "jupyterhub "+token)
		response, err := new(http.Client).Do(scale)
		if err != nil {
			t.Fatal(err)
		}
		status = response.StatusCode
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if status != http.StatusOK {
		t.Fatalf("scaling ended with %d", status)
	}
	if actions := w.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_masksSecretsOfLaterResponses quotes a secret, as Python does, in
// the response to a request that changes the cluster.
func TestAccDaskCluster_masksSecretsOfLaterResponses(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	w.Require(terraform.WriteOnlyArguments)
	token := mock.NewToken("alice")
	secret := "options_wo = { environment = { KEY = " + fmt.Sprintf("%q", keyFile) + ", PORT = 471147114711 } }\n"
	w.Write("main.tf", clusterWith(secret+"workers = 1")(mock, token))
	w.Apply()
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/scale", Times: 1 << 30, Status: http.StatusForbidden, ContentType: "text/plain", Body: "refused: " + asPythonRepr + ", 471147114711"})
	w.Write("main.tf", clusterWith(secret+"workers = 2")(mock, token))
	applied := w.Run("apply", "-auto-approve", "-no-color")
	if applied.Code != 1 || !strings.Contains(applied.Output, "refused: ") {
		t.Errorf("apply ended with %d: %s", applied.Code, applied.Output)
	}
	for _, part := range []string{"horse", "service_account", "471147114711"} {
		if strings.Contains(applied.Output, part) {
			t.Errorf("the output contains %q:\n%s", part, applied.Output)
		}
	}
	mock.ClearFaults()
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_rejectsImpossibleConfiguration(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	token := mock.NewToken("alice")
	w := terraform.New(t)
	for body, output := range map[string]string{
		"options = { environment = { N = 1e400 } }":                      "Number out of range",
		"options = { worker_memory = 16000000000 / pow(1024, 3) }":       "Number has too many digits",
		"adapt = { min = 1, max = 3 }":                                   "Set minimum, maximum or both",
		"options = { environment = \"hunter4\", image = [\"hunter4\"] }": "environment must be a map, not a string",
		"options = { worker_cores = \"hunter4\" }":                       "worker_cores must be a number",
		"options = { profile = \"huge\" }":                               "not \"huge\"",
		"when_ended = \"never\"":                                         "recreate",
	} {
		w.Write("main.tf", clusterWith(body)(mock, token))
		planned := w.Run("plan", "-no-color")
		if planned.Code != 1 || !strings.Contains(planned.Flat(), output) {
			t.Errorf("%s: plan ended with %d, without %q:\n%s", body, planned.Code, output, planned.Output)
		}
		for line := range strings.SplitSeq(planned.Output, "\n") {
			if strings.Contains(line, "hunter4") && !strings.Contains(line, "options = ") {
				t.Errorf("the message shows a value: %s", planned.Output)
			}
		}
	}
}

func TestAccDaskCluster_staysInTheStateWhenItHasEnded(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	token := mock.NewToken("alice")
	w := terraform.New(t)
	w.Write("main.tf", clusterWith(`when_ended = "keep"`)(mock, token))
	w.Apply()
	mock.StopCluster(mock.Clusters("alice")[0].Name)

	// Without a refresh nobody notices the end.
	if planned := w.Must("plan", "-no-color", "-refresh=false"); !strings.Contains(planned.Output, "No changes") {
		t.Errorf("a plan without a refresh has changes:\n%s", planned.Output)
	}
	if planned := w.Must("plan", "-no-color"); !strings.Contains(planned.Output, "No changes") || !strings.Contains(planned.Flat(), "apply -replace=") {
		t.Errorf("the plan has changes or no warning:\n%s", planned.Output)
	}
	w.Apply()
	if status := w.Instances()[0].Attributes["status"]; status != "STOPPED" {
		t.Errorf("the state has the status %v", status)
	}
	w.Write("main.tf", clusterWith("when_ended = \"keep\"\n workers = 2")(mock, token))
	w.Apply()
	if scales := mock.CountRequests(http.MethodPost, "*/scale"); scales != 0 {
		t.Errorf("the ended cluster was scaled %d times", scales)
	}
	w.Must("apply", "-auto-approve", "-no-color", "-replace=pc_dask_cluster.test")
	if creates := mock.CountSuccessful(http.MethodPost, "*/clusters/"); creates != 2 {
		t.Errorf("%d clusters were created, want 2", creates)
	}
	for _, cluster := range mock.Clusters("alice") {
		mock.StopCluster(cluster.Name)
	}
	w.Must("apply", "-auto-approve", "-no-color", "-refresh-only")
	w.Write("main.tf", clusterWith("workers = 2")(mock, token))
	if actions := w.Actions(); actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("when_ended is removed, and the plan has %v", actions)
	}
	w.Destroy()
	providertest.AssertNothingRuns(t, mock)
}
