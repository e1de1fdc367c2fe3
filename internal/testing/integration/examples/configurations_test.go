// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// configuration is a block of a page or a folder of examples, used like a reader would
// use it: alone in a folder, with the block required_providers before it unless it
// contains one.
type configuration struct {
	where string
	files map[string]string
}

// engineFeatures are the parts of the language that some engines lack, with a text that
// only configurations with this part contain. A configuration belongs to the first
// that matches.
var engineFeatures = []struct {
	name    string
	mark    string
	feature *terraform.Feature
}{
	{"actions", "\naction \"", &terraform.Actions},
	{"write-only arguments", "options_wo", &terraform.WriteOnlyArguments},
	{"ephemeral resources", "ephemeral", &terraform.EphemeralResources},
	{"every engine", "", nil},
}

// Validates each block of HCL on the pages and each folder of examples. Each becomes a
// module, so that few runs of terraform validate them all.
func TestConfigurations_areValid(t *testing.T) {
	t.Parallel()
	all := exampleFolders(t)
	for _, b := range codeBlocks(t, "hcl", "terraform") {
		all = append(all, configuration{b.where, map[string]string{"main.tf": b.text}})
	}
	if len(all) < 25 {
		t.Errorf("only %d configurations were found", len(all))
	}
	groups := map[string][]configuration{}
	for _, c := range all {
		for _, feature := range engineFeatures {
			if strings.Contains(c.text(), feature.mark) {
				groups[feature.name] = append(groups[feature.name], c)
				break
			}
		}
	}
	for _, feature := range engineFeatures {
		t.Run(feature.name, func(t *testing.T) {
			t.Parallel()
			validate(t, groups[feature.name], feature.feature)
		})
	}
}

func (c configuration) text() string {
	return "\n" + strings.Join(slices.Collect(maps.Values(c.files)), "\n")
}

var declaredVariable = regexp.MustCompile(`(?ms)^variable "([a-z_]+)" \{\n(.*?)^\}`)

// arguments gives a value to each variable without a default. The value is unknown
// while terraform validates.
func (c configuration) arguments() string {
	var lines strings.Builder
	for _, match := range declaredVariable.FindAllStringSubmatch(c.text(), -1) {
		if !strings.Contains(match[2], "  default ") {
			fmt.Fprintf(&lines, "  %s = var.unknown\n", match[1])
		}
	}
	return lines.String()
}

// exampleFolders returns the folders below examples that need no other provider. An
// import block is not part of them: Terraform accepts it only in the root module.
func exampleFolders(t *testing.T) []configuration {
	t.Helper()
	folders := map[string]map[string]string{}
	for _, file := range filesBelow(t, "examples", ".tf") {
		name, folder := path.Base(file), path.Dir(file)
		if strings.HasPrefix(name, "import") || strings.Contains(folder, "/tests") || strings.Contains(folder, "/modules") {
			continue
		}
		if folders[folder] == nil {
			folders[folder] = map[string]string{}
		}
		folders[folder][name] = readFile(t, filepath.Join(repositoryRoot, file))
	}
	var found []configuration
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if c := (configuration{folder, folders[folder]}); !strings.Contains(c.text(), `"hashicorp/`) {
			found = append(found, c)
		}
	}
	return found
}

// validate validates the configurations in one run of terraform.
func validate(t *testing.T, configurations []configuration, feature *terraform.Feature) {
	t.Helper()
	if len(configurations) == 0 {
		return
	}
	workspace := terraform.New(t)
	if feature != nil {
		workspace.Require(*feature)
	}
	var calls strings.Builder
	for i, c := range configurations {
		folder := fmt.Sprintf("m%d", i)
		fmt.Fprintf(&calls, "module %q {\n  source = \"./%s\"\n%s}\n", folder, folder, c.arguments())
		if err := os.Mkdir(workspace.Path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(c.text(), "required_providers") {
			workspace.Write(folder+"/versions.tf", readFile(t, workspace.Path("versions.tf")))
		}
		for name, text := range c.files {
			workspace.Write(folder+"/"+name, text)
		}
	}
	workspace.Write("main.tf", "provider \"pc\" {}\nvariable \"unknown\" {}\n"+calls.String())
	if result := workspace.Run("get", "-no-color"); result.Code != 0 {
		t.Error(withConfigurationNames(result.Output, configurations))
		return
	}
	var report struct {
		Diagnostics []struct {
			Severity string `json:"severity"`
			Summary  string `json:"summary"`
			Detail   string `json:"detail"`
			Range    struct {
				Filename string `json:"filename"`
			} `json:"range"`
		} `json:"diagnostics"`
	}
	result := workspace.Run("validate", "-json")
	if err := json.Unmarshal([]byte(result.Output), &report); err != nil {
		t.Fatalf("%v\n%s", err, result.Output)
	}
	for _, diagnostic := range report.Diagnostics {
		if diagnostic.Severity == "error" {
			t.Errorf("%s: %s\n%s", withConfigurationNames(diagnostic.Range.Filename, configurations), diagnostic.Summary, diagnostic.Detail)
		}
	}
}

// withConfigurationNames replaces the folders of the modules by the names of their configurations.
func withConfigurationNames(text string, configurations []configuration) string {
	for i, c := range slices.Backward(configurations) {
		text = strings.ReplaceAll(text, fmt.Sprintf("m%d/", i), c.where+": ")
	}
	return text
}

// Validates the import blocks together with their resources.
func TestImportExamples_areValid(t *testing.T) {
	t.Parallel()
	for name, feature := range map[string]*terraform.Feature{"import-by-string-id.tf": nil, "import-by-identity.tf": &terraform.ImportByIdentity} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			workspace := terraform.New(t)
			if feature != nil {
				workspace.Require(*feature)
			}
			files := filesBelow(t, "examples/resources", "/"+name)
			if len(files) < 2 {
				t.Fatalf("only %v were found", files)
			}
			for i, file := range files {
				workspace.Write(fmt.Sprintf("import%d.tf", i), readFile(t, filepath.Join(repositoryRoot, file)))
				workspace.Write(fmt.Sprintf("resource%d.tf", i), readFile(t, filepath.Join(repositoryRoot, path.Dir(file), "resource.tf")))
			}
			workspace.Must("validate", "-no-color")
		})
	}
}

// Loads the folders whose providers some machines cannot install. Loading needs no
// provider. make examples validates them. This test also finds a second
// required_providers block in a file that make examples replaces where Helm's plugin is
// missing.
func TestExamplesWithOtherProviders_canBeLoaded(t *testing.T) {
	t.Parallel()
	script := readFile(t, repositoryRoot+"/internal/tools/examples.sh")
	folders := map[string]bool{}
	for _, file := range filesBelow(t, "examples", ".tf") {
		if folder := path.Dir(file); !strings.Contains(folder, "/tests") && strings.Contains(readFile(t, filepath.Join(repositoryRoot, file)), `"hashicorp/`) {
			folders[folder] = true
		}
	}
	if len(folders) < 2 {
		t.Errorf("only %d examples with other providers were found", len(folders))
	}
	for folder := range folders {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(script, "/"+path.Base(folder)+"\"") {
				t.Errorf("make examples does not check %s", folder)
			}
			workspace := terraform.New(t)
			workspace.Require(terraform.WriteOnlyArguments)
			workspace.Remove("versions.tf")
			if err := os.CopyFS(workspace.Path("."), os.DirFS(filepath.Join(repositoryRoot, folder))); err != nil {
				t.Fatal(err)
			}
			if !workspace.Supports(terraform.MockDataFolders) {
				if err := os.RemoveAll(workspace.Path("tests")); err != nil {
					t.Fatal(err)
				}
			}
			workspace.Must("get", "-no-color")
		})
	}
}
