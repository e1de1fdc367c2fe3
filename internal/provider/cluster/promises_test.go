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
func replacedAddress(mock *providertest.Mock, token string, withGeneration int) string {
	return fmt.Sprintf(`
resource "terraform_data" "hub" {
  input            = %q
  triggers_replace = %d
}
provider "pc" {
  address   = terraform_data.hub.output
  api_token = %q
}
`, mock.GatewayURL(), withGeneration, token)
}

// promise is a plan that is saved, and applied after something has changed.
type promise struct {
	// appliedConfig is applied first. plannedConfig is then planned and applied.
	appliedConfig, plannedConfig func(mock *providertest.Mock, token string) string
	// environment is set for the first apply and for the plan.
	environment string
	// beforePlan runs before the plan, beforeApply between plan and apply.
	beforePlan, beforeApply func(mock *providertest.Mock, w *terraform.Workspace)
	planArguments           []string
	// actions are the planned actions of the cluster, "" for no change.
	actions string
	// planOutput has texts that the output of the plan contains.
	planOutput []string
	// secret is a text that no output contains.
	secret string
	// creates is the number of clusters that are created in total.
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

func withGeneration(number int, body string) func(*providertest.Mock, string) string {
	return func(mock *providertest.Mock, token string) string {
		return replacedAddress(mock, token, number) + "resource \"pc_dask_cluster\" \"test\" {\n" + body + "\n}\n"
	}
}

func TestAccDaskCluster_keepsWhatThePlanShows(t *testing.T) {
	t.Parallel()
	replaced := "delete,create"
	for name, test := range map[string]promise{
		"options change while the address is unknown": {
			appliedConfig: withGeneration(1, "options = { worker_cores = 2 }"), plannedConfig: withGeneration(2, "options = { worker_cores = 3 }"),
			actions: replaced, creates: 2,
		},
		"options_wo_version changes while the address is unknown": {
			appliedConfig: withGeneration(1, "options_wo = { environment = { A = \"1\" } }\n options_wo_version = 1"),
			plannedConfig: withGeneration(2, "options_wo = { environment = { A = \"1\" } }\n options_wo_version = 2"),
			actions:       replaced, creates: 2,
		},
		"a removed option had the default, which changes after the plan": {
			appliedConfig: clusterWith("options = { worker_memory = 8 }"), plannedConfig: clusterWith("workers = 1"),
			beforeApply: func(mock *providertest.Mock, _ *terraform.Workspace) { declareOtherDefaults(mock) },
			actions:     "update", creates: 1,
		},
		"a removed option, and the options cannot be read": {
			appliedConfig: clusterWith("options = { worker_cores = 4 }"), plannedConfig: clusterWith(""),
			beforePlan: func(mock *providertest.Mock, _ *terraform.Workspace) {
				failForever(mock, http.StatusServiceUnavailable, "down")
			},
			beforeApply: func(mock *providertest.Mock, _ *terraform.Workspace) { mock.ClearFaults() },
			actions:     replaced, creates: 2, planOutput: []string{"worker_cores: the cluster has 4, the default was 1"},
		},
		"a removed option, without a refresh while the gateway is down": {
			appliedConfig: clusterWith("options = { worker_cores = 4 }"), plannedConfig: clusterWith(""),
			beforePlan: func(mock *providertest.Mock, _ *terraform.Workspace) {
				mock.FailNext(mockserver.Fault{Times: 1 << 30, Drop: mockserver.DropBeforeHandling})
			},
			planArguments: []string{"-refresh=false"},
			beforeApply:   func(mock *providertest.Mock, _ *terraform.Workspace) { mock.ClearFaults() },
			actions:       replaced, creates: 2,
		},
		"defaults from the environment change": {
			appliedConfig: clusterWith(""), plannedConfig: clusterWith("workers = 1"),
			environment: "DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=2",
			beforeApply: func(_ *providertest.Mock, workspace *terraform.Workspace) {
				workspace.Setenv("DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES=4")
			},
			actions: "update", creates: 1,
		},
		"ten options differ": {
			appliedConfig: clusterWith(`options = { worker_cores = 2, worker_memory = 4, idle_minutes = 5, profile = "standard", environment = { A = "hunter2" } }`), plannedConfig: clusterWith(""),
			actions: replaced, creates: 2,
			planOutput: []string{"worker_cores: the cluster has 2, the default was 1", "worker_memory: the cluster has 4, the default was 8", "idle_minutes: the cluster has 5, the default was 0", "environment"},
		},
		"a secret moves from options to options_wo": {
			appliedConfig: withSecret(`options = { environment = { A = "1", API_KEY = var.secret } }`),
			plannedConfig: withSecret(`options = { environment = { A = "1" } }
				options_wo = { environment = { API_KEY = var.secret } }
				options_wo_version = 1`),
			actions: replaced, creates: 2, secret: "hunter2",
		},
		"an unknown option": {
			appliedConfig: clusterWith("options = { worker_cores = 2 }"),
			plannedConfig: func(mock *providertest.Mock, token string) string {
				return clusterWith("options = { worker_cores = tonumber(terraform_data.cores.output) }")(mock, token) + "resource \"terraform_data\" \"cores\" {\n input = 2\n}\n"
			},
			actions: replaced, creates: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMockInRealTime(t, mockserver.Config{})
			workspace := terraform.New(t)
			if strings.Contains(name, "options_wo") {
				workspace.Require(terraform.WriteOnlyArguments)
			}
			if test.environment != "" {
				workspace.Setenv(test.environment)
			}
			token := mock.NewToken("alice")
			workspace.Write("main.tf", test.appliedConfig(mock, token))
			outputs := workspace.Apply().Output
			workspace.Write("main.tf", test.plannedConfig(mock, token))
			if test.beforePlan != nil {
				test.beforePlan(mock, workspace)
			}
			planned := workspace.Must(append([]string{"plan", "-no-color", "-out=saved.plan"}, test.planArguments...)...)
			for _, text := range test.planOutput {
				if !strings.Contains(planned.Flat(), text) {
					t.Errorf("the plan does not contain %q:\n%s", text, planned.Output)
				}
			}
			if warnings := planned.Output[strings.Index(planned.Output, "Plan:"):]; strings.Contains(warnings, "hunter2") {
				t.Errorf("a warning shows a value: %s", warnings)
			}
			if got := workspace.PlannedActions("saved.plan")[providertest.ClusterAddress]; got != test.actions {
				t.Errorf("the plan shows %q, want %q", got, test.actions)
			}
			if test.beforeApply != nil {
				test.beforeApply(mock, workspace)
			}
			outputs += planned.Output + workspace.Must("apply", "-no-color", "saved.plan").Output
			if test.secret != "" && strings.Contains(outputs, test.secret) {
				t.Errorf("the output contains %q:\n%s", test.secret, outputs)
			}
			if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != test.creates {
				t.Errorf("%d clusters were created, want %d", got, test.creates)
			}
			mock.ClearFaults()
			if actions := workspace.Actions(); len(actions) != 0 {
				t.Errorf("the next plan has %v", actions)
			}
			workspace.Destroy()
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
	const openOptions = "options = { worker_cores = 2, environment = { A = \"1\" } }\n"
	for name, test := range map[string]struct {
		config     func(mock *providertest.Mock, token, name string) string
		planOutput string
	}{
		"ignore_changes of options": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + importBlock(name, "lifecycle {\n ignore_changes = [options]\n }")
		}},
		"ignore_changes of all": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + importBlock(name, "options = { worker_cores = 8 }\n lifecycle {\n ignore_changes = all\n }")
		}},
		"a secret that is known only after apply": {config: func(mock *providertest.Mock, token, name string) string {
			return providertest.ProviderBlockAs(mock, token) + "resource \"terraform_data\" \"secret\" {\n input = \"s3cret\"\n}\n" +
				importBlock(name, openOptions+"options_wo = { environment = { URL = terraform_data.secret.output } }\n options_wo_version = 1")
		}, planOutput: "An imported cluster may lack a write-only option"},
		"an unknown address": {config: func(mock *providertest.Mock, token, name string) string {
			return replacedAddress(mock, token, 1) + importBlock(name, "options = { worker_cores = 2, environment = { A = \"1\", URL = \"s3cret\" } }")
		}, planOutput: "Could not compare the imported cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMockInRealTime(t, mockserver.Config{})
			workspace := terraform.New(t)
			if strings.Contains(name, "secret") {
				workspace.Require(terraform.WriteOnlyArguments)
			}
			cluster := mock.AddCluster("alice", has)
			workspace.Write("main.tf", test.config(mock, mock.NewToken("alice"), cluster))
			planned := workspace.Must("plan", "-no-color", "-out=saved.plan")
			if !strings.Contains(planned.Flat(), test.planOutput) {
				t.Errorf("the plan does not contain %q:\n%s", test.planOutput, planned.Output)
			}
			workspace.Must("apply", "-no-color", "saved.plan")
			// An administrator changes the defaults weeks later.
			declareOtherDefaults(mock)
			if actions := workspace.Actions(); len(actions) != 0 {
				t.Errorf("the next plan has %v", actions)
			}
			if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != 0 {
				t.Errorf("%d clusters were created", got)
			}
			workspace.Destroy()
			providertest.AssertNothingRuns(t, mock)
		})
	}
}

func TestAccDaskCluster_importFailsWhenTheClusterDiffersAtApply(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	workspace.Write("main.tf", replacedAddress(mock, mock.NewToken("alice"), 1)+importBlock(name, "options = { worker_cores = 3 }"))
	applied := workspace.Run("apply", "-auto-approve", "-no-color")
	if applied.Code != 1 || !strings.Contains(applied.Flat(), "The imported cluster runs with other options") {
		t.Errorf("apply ended with %d: %s", applied.Code, applied.Output)
	}
	if actions := workspace.Actions(); actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("the next plan has %v", actions)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_generatedConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0, "environment": map[string]string{"A": "1"}})
	workspace.Write("main.tf", providertest.ProviderBlock(mock)+"import {\n to = pc_dask_cluster.test\n id = \""+name+"\"\n}\n")
	workspace.Must("plan", "-no-color", "-generate-config-out=generated.tf")
	generated, err := os.ReadFile(workspace.Path("generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(generated), "worker_cores = 2") {
		t.Errorf("generated:\n%s", generated)
	}
	if applied := workspace.Apply(); !strings.Contains(applied.Output, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply changed something:\n%s", applied.Output)
	}
	// The import is over although there was nothing to change.
	declareOtherDefaults(mock)
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_importEndsWithTheFirstApply applies an import that changes
// nothing. From then on the cluster is compared like one that was created here.
func TestAccDaskCluster_importEndsWithTheFirstApply(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	name := mock.AddCluster("alice", map[string]any{"worker_cores": 2.0})
	block := providertest.ProviderBlock(mock)
	workspace.Write("main.tf", block+importBlock(name, "options = { worker_cores = 2 }"))
	if applied := workspace.Apply(); !strings.Contains(applied.Output, "1 imported, 0 added, 0 changed, 0 destroyed") {
		t.Errorf("the import changed something:\n%s", applied.Output)
	}
	declareOtherDefaults(mock)
	workspace.Write("main.tf", block+"resource \"pc_dask_cluster\" \"test\" {}\n")
	planned := workspace.Must("plan", "-no-color", "-out=saved.plan")
	if actions := workspace.PlannedActions("saved.plan"); actions[providertest.ClusterAddress] != "delete,create" || !strings.Contains(planned.Flat(), "worker_cores: the cluster has 2, the default was 1") {
		t.Errorf("worker_cores is removed, and the plan has %v:\n%s", actions, planned.Output)
	}
	workspace.Must("apply", "-no-color", "saved.plan")
	if got := mock.CountSuccessful(http.MethodPost, "*/clusters/"); got != 1 {
		t.Errorf("%d clusters were created, want 1", got)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_isReplacedWithATokenThatIsDue changes options in the run that
// renews the provider's own token, whose value is unknown at plan. The Hub's clock is
// behind, so that the first token is due at the next refresh.
func TestAccDaskCluster_isReplacedWithATokenThatIsDue(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{ClockOffset: -25 * time.Hour})
	workspace := terraform.New(t)
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
	workspace.Write("main.tf", config("options = { worker_cores = 2 }"))
	workspace.Apply()
	workspace.Write("main.tf", config("options = { worker_cores = 3 }"))
	workspace.Must("plan", "-no-color", "-out=saved.plan")
	actions := workspace.PlannedActions("saved.plan")
	if actions["pc_hub_token.run"] != "create,delete" || actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("the plan has %v", actions)
	}
	mock.Advance(25 * time.Hour)
	workspace.Must("apply", "-no-color", "saved.plan")
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown refreshes while
// proxy_address and max_retries come from a resource that is replaced.
func TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	token := mock.NewToken("alice")
	config := func(withGeneration int, body string) string {
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
`, withGeneration, mock.GatewayURL(), token, body)
	}
	workspace.Write("main.tf", config(1, ""))
	workspace.Apply()
	workspace.Write("main.tf", config(2, "options = { worker_cores = 99 }"))
	if planned := workspace.Run("plan", "-no-color"); planned.Code != 1 || !strings.Contains(planned.Flat(), "not 99") {
		t.Errorf("the options are not checked:\n%s", planned.Output)
	}
	workspace.Write("main.tf", config(2, ""))
	workspace.Must("plan", "-no-color", "-out=saved.plan")
	if actions := workspace.PlannedActions("saved.plan"); len(actions) != 1 || actions["terraform_data.proxy"] != "delete,create" {
		t.Errorf("the plan has %v", actions)
	}
	workspace.Must("apply", "-no-color", "saved.plan")
	for _, each := range workspace.Instances() {
		if address := fmt.Sprint(each.Attributes["scheduler_address"]); each.Address == providertest.ClusterAddress && !strings.HasPrefix(address, "gateway://dask.example.com:8786/") {
			t.Errorf("the state has the scheduler address %q", address)
		}
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_ignoresScalingFromOutside sends the request that a notebook sends.
func TestAccDaskCluster_ignoresScalingFromOutside(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	token := mock.NewToken("alice")
	workspace.Write("main.tf", clusterWith("workers = 1")(mock, token))
	workspace.Apply()
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
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the next plan has %v", actions)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

// TestAccDaskCluster_masksSecretsOfLaterResponses quotes a secret, as Python does, in
// the response to a request that changes the cluster.
func TestAccDaskCluster_masksSecretsOfLaterResponses(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	workspace.Require(terraform.WriteOnlyArguments)
	token := mock.NewToken("alice")
	secret := "options_wo = { environment = { KEY = " + fmt.Sprintf("%q", keyFile) + ", PORT = 471147114711 } }\n"
	workspace.Write("main.tf", clusterWith(secret+"workers = 1")(mock, token))
	workspace.Apply()
	mock.FailNext(mockserver.Fault{Method: http.MethodPost, Path: "*/scale", Times: 1 << 30, Status: http.StatusForbidden, ContentType: "text/plain", Body: "refused: " + asPythonRepr + ", 471147114711"})
	workspace.Write("main.tf", clusterWith(secret+"workers = 2")(mock, token))
	applied := workspace.Run("apply", "-auto-approve", "-no-color")
	if applied.Code != 1 || !strings.Contains(applied.Output, "refused: ") {
		t.Errorf("apply ended with %d: %s", applied.Code, applied.Output)
	}
	for _, part := range []string{"horse", "service_account", "471147114711"} {
		if strings.Contains(applied.Output, part) {
			t.Errorf("the output contains %q:\n%s", part, applied.Output)
		}
	}
	mock.ClearFaults()
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}

func TestAccDaskCluster_rejectsImpossibleConfiguration(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	token := mock.NewToken("alice")
	workspace := terraform.New(t)
	for body, output := range map[string]string{
		"options = { environment = { N = 1e400 } }":                      "Number out of range",
		"options = { worker_memory = 16000000000 / pow(1024, 3) }":       "Number has too many digits",
		"adapt = { min = 1, max = 3 }":                                   "Set minimum, maximum or both",
		"options = { environment = \"hunter4\", image = [\"hunter4\"] }": "environment must be a map, not a string",
		"options = { worker_cores = \"hunter4\" }":                       "worker_cores must be a number",
		"options = { profile = \"huge\" }":                               "not \"huge\"",
		"when_ended = \"never\"":                                         "recreate",
	} {
		workspace.Write("main.tf", clusterWith(body)(mock, token))
		planned := workspace.Run("plan", "-no-color")
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
	workspace := terraform.New(t)
	workspace.Write("main.tf", clusterWith(`when_ended = "keep"`)(mock, token))
	workspace.Apply()
	mock.StopCluster(mock.Clusters("alice")[0].Name)

	// Without a refresh the plan does not detect the end.
	if planned := workspace.Must("plan", "-no-color", "-refresh=false"); !strings.Contains(planned.Output, "No changes") {
		t.Errorf("a plan without a refresh has changes:\n%s", planned.Output)
	}
	if planned := workspace.Must("plan", "-no-color"); !strings.Contains(planned.Output, "No changes") || !strings.Contains(planned.Flat(), "apply -replace=") {
		t.Errorf("the plan has changes or no warning:\n%s", planned.Output)
	}
	workspace.Apply()
	if status := workspace.Instances()[0].Attributes["status"]; status != "STOPPED" {
		t.Errorf("the state has the status %v", status)
	}
	workspace.Write("main.tf", clusterWith("when_ended = \"keep\"\n workers = 2")(mock, token))
	workspace.Apply()
	if scales := mock.CountRequests(http.MethodPost, "*/scale"); scales != 0 {
		t.Errorf("the ended cluster was scaled %d times", scales)
	}
	workspace.Must("apply", "-auto-approve", "-no-color", "-replace=pc_dask_cluster.test")
	if creates := mock.CountSuccessful(http.MethodPost, "*/clusters/"); creates != 2 {
		t.Errorf("%d clusters were created, want 2", creates)
	}
	for _, cluster := range mock.Clusters("alice") {
		mock.StopCluster(cluster.Name)
	}
	workspace.Must("apply", "-auto-approve", "-no-color", "-refresh-only")
	workspace.Write("main.tf", clusterWith("workers = 2")(mock, token))
	if actions := workspace.Actions(); actions[providertest.ClusterAddress] != "delete,create" {
		t.Errorf("when_ended is removed, and the plan has %v", actions)
	}
	workspace.Destroy()
	providertest.AssertNothingRuns(t, mock)
}
