// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/cloudinit"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

var updateGoldenFiles = flag.Bool("update", false, "write the golden files again")

const imageOption = `"image": "pangeo/pangeo-notebook:2026.08.01"`

// goldens are options in JSON by the name of their golden file, which begins with the
// role.
var goldens = map[string]string{
	"scheduler":                 `{` + imageOption + `}`,
	"scheduler_ports":           `{` + imageOption + `, "port": 9786, "dashboard_port": 9787}`,
	"scheduler_idle_timeout":    `{` + imageOption + `, "idle_timeout": "30 minutes"}`,
	"scheduler_tls":             `{` + imageOption + `, "tls": $TLS}`,
	"scheduler_key_vault":       `{` + imageOption + `, "tls": $VAULT, "dashboard_tls": true}`,
	"scheduler_dashboard_tls":   `{` + imageOption + `, "tls": $TLS, "dashboard_tls": true}`,
	"scheduler_env":             `{` + imageOption + `, "env": {"B": "it's \"x\" $HOME %h\\", "A": " spaces ", "EMPTY": "", "N": 3, "T": true}}`,
	"scheduler_config":          `{` + imageOption + `, "config": {"distributed": {"scheduler": {"work-stealing": false, "allowed-failures": 5}, "admin": {"log_format": "it's %(name)s\n"}}, "array": {"slicing": {"split_large_chunks": false}}, "jobqueue": {}, "labels": ["a", 1.5, true, null]}}`,
	"scheduler_docker_args":     `{` + imageOption + `, "docker_args": ["--shm-size=1g", "--label", "a \"b\" 100% $5 \\n"]}`,
	"scheduler_extra_bootstrap": `{` + imageOption + `, "extra_bootstrap": ["az acr login --name 'x'", "if true; then\n\techo \"a: b\" # c\nfi"]}`,
	"scheduler_bootstrap":       `{` + imageOption + `, "bootstrap": false}`,
	"scheduler_gpu":             `{` + imageOption + `, "gpu": true}`,
	"worker":                    `{` + imageOption + `, ` + schedulerOption + `}`,
	"worker_ipv6":               `{` + imageOption + `, "scheduler_address": "tcp://[fd00::4]:8786"}`,
	"worker_tls":                `{` + imageOption + `, "scheduler_address": "tls://10.0.0.4:8786", "tls": $TLS}`,
	"worker_key_vault":          `{` + imageOption + `, "scheduler_address": "tls://10.0.0.4:8786", "tls": $VAULT, "local_directory": "/mnt"}`,
	"worker_processes":          `{` + imageOption + `, ` + schedulerOption + `, "nworkers": 4, "nthreads": 2, "memory_limit": "14GiB"}`,
	"worker_auto":               `{` + imageOption + `, ` + schedulerOption + `, "nworkers": "auto", "memory_limit": 0.9}`,
	"worker_no_nanny":           `{` + imageOption + `, ` + schedulerOption + `, "nanny": false, "nworkers": 1, "memory_limit": "auto"}`,
	"worker_resources":          `{` + imageOption + `, ` + schedulerOption + `, "resources": {"GPU": 2, "MEM": 10e9}}`,
	"worker_local_directory":    `{` + imageOption + `, ` + schedulerOption + `, "local_directory": "/mnt/dask 100%"}`,
	"worker_worker_class":       `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "example.Worker"}`,
	"worker_cuda":               `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "dask_cuda.CUDAWorker", "gpu": true, "nanny": true, "nthreads": 2, "memory_limit": "0.9", "resources": {"GPU": 1}, "local_directory": "/mnt/dask", "dashboard_port": 8790}`,
	"worker_lifetime":           `{` + imageOption + `, ` + schedulerOption + `, "lifetime": "1.5h"}`,
	"worker_env":                `{` + imageOption + `, ` + schedulerOption + `, "env": {"B": "it's \"x\" $HOME %h\\", "A": " spaces "}}`,
	"worker_docker_args":        `{` + imageOption + `, ` + schedulerOption + `, "docker_args": ["--shm-size=1g", "--label", "a \"b\" 100% $5 \\n"]}`,
	"worker_bootstrap":          `{` + imageOption + `, ` + schedulerOption + `, "bootstrap": false, "extra_bootstrap": ["mkdir -p /mnt/dask"]}`,
	"worker_dashboard_port":     `{` + imageOption + `, ` + schedulerOption + `, "dashboard_port": 8790}`,
	"worker_connect_timeout":    `{` + imageOption + `, ` + schedulerOption + `, "config": {"distributed": {"comm": {"timeouts": {"connect": "5m"}}}}}`,
}

const schedulerOption = `"scheduler_address": "tcp://10.0.0.4:8786"`

func readPEM(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "tls", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parseOptions reads options as Terraform passes them.
func parseOptions(t *testing.T, text string) map[string]any {
	t.Helper()
	tls, err := json.Marshal(map[string]string{
		"ca_certificate": readPEM(t, "ca.pem"), "certificate": readPEM(t, "cert.pem"), "private_key": readPEM(t, "key.pem"),
	})
	if err != nil {
		t.Fatal(err)
	}
	vault, err := json.Marshal(map[string]string{
		"ca_certificate": readPEM(t, "ca.pem"), "certificate": readPEM(t, "cert.pem"),
		"private_key_secret": "https://example.vault.azure.net/secrets/dask-key/0123456789abcdef0123456789abcdef", "identity_client_id": "11111111-2222-3333-4444-555555555555",
	})
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(strings.NewReplacer("$TLS", string(tls), "$VAULT", string(vault)).Replace(text)))
	decoder.UseNumber()
	var options map[string]any
	if err := decoder.Decode(&options); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return options
}

func render(t *testing.T, role string, options map[string]any) string {
	t.Helper()
	text, known, err := cloudinit.CloudConfig(role, options)
	if err != nil || !known {
		t.Fatalf("known %t, %v", known, err)
	}
	return text
}

func TestCloudConfig_matchesGoldenFiles(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for name, options := range goldens {
		role, _, _ := strings.Cut(name, "_")
		given := parseOptions(t, options)
		for option := range given {
			tested[role+" "+option] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := render(t, role, given)
			file := filepath.Join("testdata", "cloud_init", name+".yaml")
			if *updateGoldenFiles {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for range 20 {
				if again := render(t, role, parseOptions(t, options)); again != got {
					t.Fatalf("the same options resulted in another text:\n%s", again)
				}
			}
		})
	}
	for _, role := range []string{cloudinit.RoleScheduler, cloudinit.RoleWorker} {
		for _, option := range cloudinit.Options() {
			_, _, err := cloudinit.CloudConfig(role, map[string]any{"image": "a", option: optionreader.Unknown{}})
			if isOfOtherRole := err != nil && strings.Contains(err.Error(), option+" is an option of a"); !isOfOtherRole && !tested[role+" "+option] {
				t.Errorf("no golden file of a %s has the option %s", role, option)
			}
		}
	}
}

// writtenConfig is a cloud-config as a machine reads it.
type writtenConfig struct {
	BootCmd    [][]string `yaml:"bootcmd"`
	Packages   []string   `yaml:"packages"`
	WriteFiles []struct {
		Path, Permissions, Content string
	} `yaml:"write_files"`
	RunCmd [][]string `yaml:"runcmd"`
}

func readBack(t *testing.T, text string) writtenConfig {
	t.Helper()
	if !strings.HasPrefix(text, "#cloud-config\n") {
		t.Fatalf("the text does not begin with #cloud-config:\n%s", text)
	}
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var config writtenConfig
	if err := decoder.Decode(&config); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := decoder.Decode(&writtenConfig{}); err == nil {
		t.Fatalf("the text has a second document:\n%s", text)
	}
	return config
}

func (c writtenConfig) file(t *testing.T, path string) string {
	t.Helper()
	for _, file := range c.WriteFiles {
		if file.Path == path {
			return file.Content
		}
	}
	t.Fatalf("no file %s is written", path)
	return ""
}

// dockerArguments returns the arguments in the only ExecStart line, without systemd's
// quotes.
func (c writtenConfig) dockerArguments(t *testing.T) []string {
	t.Helper()
	var line string
	for text := range strings.SplitSeq(c.file(t, "/etc/systemd/system/dask.service"), "\n") {
		if rest, ok := strings.CutPrefix(text, "ExecStart=/usr/bin/docker "); ok {
			if line != "" {
				t.Fatal("the unit has two ExecStart lines")
			}
			line = rest
		}
	}
	var dockerArguments []string
	for line != "" {
		if line[0] != '"' {
			t.Fatalf("%q is not quoted", line)
		}
		var word strings.Builder
		position := 1
		for ; line[position] != '"'; position++ {
			switch line[position] {
			case '\\':
				position++
			case '%', '$':
				if line[position+1] != line[position] {
					t.Fatalf("%q has a specifier or a variable", line)
				}
				position++
			}
			word.WriteByte(line[position])
		}
		dockerArguments = append(dockerArguments, word.String())
		line = strings.TrimPrefix(line[position+1:], " ")
	}
	return dockerArguments
}

// hostileTexts have a special meaning in YAML, a shell, systemd, docker or
// cloud-init.
var hostileTexts = []string{
	`it's`, `"`, `""`, `\`, `\"`, `\n`, `$HOME`, `$(reboot)`, "`reboot`", `${X}`, `%h`, `%%`, `100%`, `#cloud-config`, `# no comment`, `a #b`,
	`- a`, `? a`, `a: b`, `{a: b}`, `[a]`, `&a`, `*a`, `!!binary x`, `|`, `>`, `@x`, `~`, `null`, `yes`, `no`, `on`, `0700`, `1e3`, `1:30`, `2026-01-01`,
	` a`, `a `, `; reboot`, `&& reboot`, `| reboot`, `> /etc/passwd`, `--privileged`, `-v /:/host`, `---`, `...`, `## template: jinja`, `{{ v1 }}`,
	`é`, `日本`, `<<`, `1_000`, `0x1F`, `190:20:30`, "a\tb", `🎉`, `<<EOF`, `EOF`, `a\`, `'`, `''`, `'"'"'`, `=`, `a=b`, "# first\n  second: x\n", "\nafter", "\ttab\n\tagain",
}

func TestCloudConfig_keepsHostileValuesInPlace(t *testing.T) {
	t.Parallel()
	for _, value := range hostileTexts {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			options := parseOptions(t, `{`+imageOption+`}`)
			options["extra_bootstrap"] = []any{value, "echo done"}
			word := strings.NewReplacer("\n", "", "\t", "").Replace(value) // Only commands of the shell may have them.
			options["env"] = map[string]any{"HOSTILE": word, "Z": "last"}
			options["docker_args"] = []any{"--label", word}
			got := readBack(t, render(t, cloudinit.RoleScheduler, options))
			if env := got.file(t, "/etc/dask/env"); env != "HOSTILE="+word+"\nZ=last\n" {
				t.Errorf("the environment is %q", env)
			}
			want := []string{
				"run", "--rm", "--name=dask", "--net=host", "--env-file=/etc/dask/env", "--label", word, "pangeo/pangeo-notebook:2026.08.01",
				"dask", "scheduler", "--port", "8786", "--dashboard-address", ":8787",
			}
			if dockerArguments := got.dockerArguments(t); !slices.Equal(dockerArguments, want) {
				t.Errorf("docker gets %q, want %q", dockerArguments, want)
			}
			if len(got.RunCmd) != 4 || !slices.Equal(got.RunCmd[0], []string{"command", "eval", value}) || len(got.WriteFiles) != 2 || len(got.BootCmd) != 1 {
				t.Errorf("the value is not where it belongs: %+v", got)
			}
		})
	}
}

// rejectedOptions are invalid options. want is a part of the error.
var rejectedOptions = map[string]struct{ role, options, want string }{
	"no image":              {"worker", `{` + schedulerOption + `}`, "options.image is required"},
	"no scheduler":          {"worker", `{` + imageOption + `}`, "options.scheduler_address is required"},
	"another role":          {"client", `{` + imageOption + `}`, `the role "client", and it must be "scheduler" or "worker"`},
	"a misspelt name":       {"scheduler", `{` + imageOption + `, "imagee": "x"}`, "options.imagee is not an option, did you mean image?"},
	"a name of nothing":     {"scheduler", `{` + imageOption + `, "xyzzy": "x"}`, "options.xyzzy is not an option (The options are: bootstrap, config,"},
	"a worker's option":     {"scheduler", `{` + imageOption + `, "nthreads": 2}`, "options.nthreads is an option of a worker, not of a scheduler"},
	"a scheduler's option":  {"worker", `{` + imageOption + `, ` + schedulerOption + `, "idle_timeout": "1h"}`, "options.idle_timeout is an option of a scheduler"},
	"an image with a space": {"scheduler", `{"image": "a b"}`, "options.image must be the name of a container image"},
	"an image that is a flag": {
		"scheduler", `{"image": "--privileged"}`, "options.image must be the name of a container image",
	},
	"an image that is no text":       {"scheduler", `{"image": 7}`, "options.image must be a string, not a number"},
	"a port that is none":            {"scheduler", `{` + imageOption + `, "port": 65536}`, "options.port must be a whole number from 1 to 65535, not 65536"},
	"a port with a fraction":         {"scheduler", `{` + imageOption + `, "port": 1.5}`, "not 1.5"},
	"one port twice":                 {"scheduler", `{` + imageOption + `, "port": 8787}`, "options.dashboard_port must differ from port, 8787"},
	"a Go duration":                  {"scheduler", `{` + imageOption + `, "idle_timeout": "1h30m"}`, `options.idle_timeout must be a duration of Dask`},
	"a time without unit":            {"scheduler", `{` + imageOption + `, "idle_timeout": "90"}`, `not "90"`},
	"HTTPS without a certificate":    {"scheduler", `{` + imageOption + `, "dashboard_tls": true}`, "options.dashboard_tls requires tls"},
	"an environment with a line end": {"scheduler", `{` + imageOption + `, "env": {"A": "x\ny"}}`, `options.env.A must be one line without control characters, but contains '\n'`},
	"an environment with NUL":        {"scheduler", `{` + imageOption + `, "env": {"A": "x\u0000y"}}`, `contains '\x00'`},
	"an environment with a Unicode line end": {
		"scheduler", `{` + imageOption + `, "env": {"A": "x\u2028y"}}`, `options.env.A must be one line`,
	},
	"a variable with =":              {"scheduler", `{` + imageOption + `, "env": {"A=B": "x"}}`, `options.env has the name "A=B"`},
	"a variable with a line end":     {"scheduler", `{` + imageOption + `, "env": {"A\nB": "x"}}`, `options.env has the name "A\nB"`},
	"a variable that is a comment":   {"scheduler", `{` + imageOption + `, "env": {"#A": "x"}}`, `options.env has the name "#A"`},
	"a variable that is a list":      {"scheduler", `{` + imageOption + `, "env": {"A": ["x"]}}`, `options.env.A must be a string, not a list`},
	"a variable of TLS":              {"scheduler", `{` + imageOption + `, "tls": $TLS, "env": {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "False"}}`, "options.env must not set DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION, because tls sets it"},
	"a configuration of TLS":         {"scheduler", `{` + imageOption + `, "tls": $TLS, "config": {"distributed": {"comm": {"require-encryption": false}}}}`, "options.config must not set DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"},
	"configuration and environment":  {"scheduler", `{` + imageOption + `, "env": {"DASK_A": "1"}, "config": {"a": 2}}`, "options.env sets DASK_A a second time"},
	"a configuration with dots":      {"scheduler", `{` + imageOption + `, "config": {"a.b": 2}}`, `options.config has the name "a.b"`},
	"a configuration in capitals":    {"scheduler", `{` + imageOption + `, "config": {"a": {"B": 2}}}`, `options.config.a has the name "B"`},
	"a configuration in two ways":    {"scheduler", `{` + imageOption + `, "config": {"a-b": 2, "a_b": 3}}`, `options.config.a_b is set twice`},
	"a configuration that is a text": {"scheduler", `{` + imageOption + `, "config": "a: b"}`, `options.config must be an object`},
	"an argument with a line end":    {"scheduler", `{` + imageOption + `, "docker_args": ["a", "b\nc"]}`, `options.docker_args[1] must be one line`},
	"arguments that are one text":    {"scheduler", `{` + imageOption + `, "docker_args": "--a --b"}`, `options.docker_args must be a list of strings, not a string`},
	"a command that is empty":        {"scheduler", `{` + imageOption + `, "extra_bootstrap": [" "]}`, `options.extra_bootstrap[0] must be a shell command`},
	"a command with NUL":             {"scheduler", `{` + imageOption + `, "extra_bootstrap": ["a\u0000b"]}`, `options.extra_bootstrap[0] must have no control characters`},
	"an argument of no character":    {"scheduler", `{` + imageOption + `, "docker_args": ["a", "b\uffff"]}`, `options.docker_args[1] must be one line without control characters, but contains '\uffff'`},
	"a folder of no character":       {"worker", `{` + imageOption + `, ` + schedulerOption + `, "local_directory": "/\ufdd0"}`, `options.local_directory must be one line`},
	"another container's name":       {"scheduler", `{` + imageOption + `, "docker_args": ["--name=mine"]}`, `options.docker_args[0] must not have --name`},
	"docker's own restart":           {"scheduler", `{` + imageOption + `, "docker_args": ["--restart", "always"]}`, `options.docker_args[0] must not have --restart`},
	"a container in the background":  {"scheduler", `{` + imageOption + `, "docker_args": ["-d"]}`, `options.docker_args[0] must not have -d`},
	"a scheduler with a typo":        {"worker", `{` + imageOption + `, "scheduler_address": "tcp://10.0.0.4,:8786"}`, "must be the scheduler's address"},
	"a scheduler on every port":      {"worker", `{` + imageOption + `, "scheduler_address": "tcp://10.0.0.4:0"}`, "must be the scheduler's address"},
	"a scheduler without port":       {"worker", `{` + imageOption + `, "scheduler_address": "tcp://10.0.0.4"}`, "must be the scheduler's address with its port, such as tls://10.0.0.4:8786"},
	"a scheduler without scheme":     {"worker", `{` + imageOption + `, "scheduler_address": "10.0.0.4:8786"}`, "must be the scheduler's address"},
	"a scheduler with a path":        {"worker", `{` + imageOption + `, "scheduler_address": "tcp://10.0.0.4:8786/x"}`, "must be the scheduler's address"},
	"a scheduler with a user":        {"worker", `{` + imageOption + `, "scheduler_address": "tcp://me@10.0.0.4:8786"}`, "must be the scheduler's address"},
	"TLS of one side":                {"worker", `{` + imageOption + `, "scheduler_address": "tls://10.0.0.4:8786"}`, "options.tls is required, because scheduler_address"},
	"TLS of the other side":          {"worker", `{` + imageOption + `, ` + schedulerOption + `, "tls": $TLS}`, "options.scheduler_address must begin with tls://"},
	"workers without nanny":          {"worker", `{` + imageOption + `, ` + schedulerOption + `, "nanny": false, "nworkers": 2}`, "options.nanny must be true for more than one worker"},
	"a number of workers as text":    {"worker", `{` + imageOption + `, ` + schedulerOption + `, "nworkers": "many"}`, `or "auto", not "many"`},
	"memory of no unit":              {"worker", `{` + imageOption + `, ` + schedulerOption + `, "memory_limit": "5 foos"}`, `options.memory_limit must be an amount of memory`},
	"negative memory":                {"worker", `{` + imageOption + `, ` + schedulerOption + `, "memory_limit": -1}`, `options.memory_limit must not be negative`},
	"a resource as text":             {"worker", `{` + imageOption + `, ` + schedulerOption + `, "resources": {"GPU": "two"}}`, `options.resources.GPU must be a number, not a string`},
	"a resource with a space":        {"worker", `{` + imageOption + `, ` + schedulerOption + `, "resources": {"A B": 1}}`, `options.resources has the name "A B"`},
	"a folder that is relative":      {"worker", `{` + imageOption + `, ` + schedulerOption + `, "local_directory": "../x"}`, `options.local_directory must be the absolute path of a folder`},
	"a folder that mounts":           {"worker", `{` + imageOption + `, ` + schedulerOption + `, "local_directory": "/a:/b"}`, `options.local_directory must be the absolute path`},
	"a class with a space":           {"worker", `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "a.b; c"}`, `options.worker_class must be the full name of a Python class`},
	"a nanny of nannies":             {"worker", `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "dask.distributed.Nanny"}`, `options.worker_class must be a class of workers. Leave it out`},
	"several workers a GPU":          {"worker", `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "dask_cuda.CUDAWorker", "nworkers": 2}`, `options.nworkers conflicts with dask_cuda.CUDAWorker`},
	"a GPU for a time":               {"worker", `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "dask_cuda.cuda_worker.CUDAWorker", "lifetime": "1h"}`, `options.lifetime conflicts with dask_cuda.CUDAWorker`},
	"a GPU without nanny":            {"worker", `{` + imageOption + `, ` + schedulerOption + `, "worker_class": "dask_cuda.CUDAWorker", "nanny": false}`, `options.nanny must be true with dask_cuda.CUDAWorker`},
	"a flag as text":                 {"worker", `{` + imageOption + `, ` + schedulerOption + `, "gpu": "yes"}`, `options.gpu must be true or false, not a string`},
	"half of TLS":                    {"scheduler", `{` + imageOption + `, "tls": {"ca_certificate": "x"}}`, "options.tls.certificate is required"},
	"TLS that is none":               {"scheduler", `{` + imageOption + `, "tls": {"ca_certificate": "x", "certificate": "y", "private_key": "z"}}`, "options.tls.ca_certificate must be a certificate in PEM"},
	"a key here and in a vault":      {"scheduler", `{` + imageOption + `, "tls": {"private_key": "x", "private_key_secret": "y"}}`, "options.tls.private_key_secret conflicts with private_key"},
	"a secret that is none":          {"scheduler", `{` + imageOption + `, "tls": {"private_key_secret": "https://example.com/secrets/x"}}`, "options.tls.private_key_secret must be the id of a secret of a Key Vault, such as https://"},
	"a secret that ends the string":  {"scheduler", `{` + imageOption + `, "tls": {"private_key_secret": "https://example.vault.azure.net/secrets/x\"+exit()+\""}}`, "options.tls.private_key_secret must be the id of a secret"},
	"an identity that is none":       {"scheduler", `{` + imageOption + `, "tls": {"private_key_secret": "https://example.vault.azure.net/secrets/x", "identity_client_id": "dask"}}`, "options.tls.identity_client_id must be the client id of a managed identity"},
	"an identity without a secret":   {"scheduler", `{` + imageOption + `, "tls": {"private_key": "x", "identity_client_id": "11111111-2222-3333-4444-555555555555"}}`, "options.tls.identity_client_id requires private_key_secret"},
	"a misspelt name in TLS":         {"scheduler", `{` + imageOption + `, "tls": {"key": "x"}}`, "options.tls.key is not an option"},
	"TLS that is a text":             {"scheduler", `{` + imageOption + `, "tls": "x"}`, "options.tls must be an object"},
}

func TestCloudConfig_rejectsInvalidOptions(t *testing.T) {
	t.Parallel()
	for name, test := range rejectedOptions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, known, err := cloudinit.CloudConfig(test.role, parseOptions(t, test.options))
			if text != "" || known {
				t.Errorf("got the text %q", text)
			}
			if invalid, ok := errors.AsType[*optionreader.Error](err); !ok || invalid.Message == "" {
				t.Fatalf("got the error %v", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q does not contain %q", err, test.want)
			}
		})
	}
}

func TestCloudConfig_rejectsUnsuitableCertificates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ ca, certificate, key, want string }{
		"of another authority":  {"other_ca.pem", "cert.pem", "key.pem", "options.tls.certificate is not signed by ca_certificate"},
		"for servers only":      {"ca.pem", "server_only.pem", "key.pem", "options.tls.certificate must be valid for servers and clients"},
		"with another key":      {"ca.pem", "ca.pem", "key.pem", "options.tls.private_key is not the key of the certificate"},
		"with a key for it":     {"ca.pem", "key.pem", "key.pem", "options.tls.certificate must be a certificate in PEM"},
		"with a certificate":    {"ca.pem", "cert.pem", "cert.pem", "options.tls.private_key must be a private key in PEM"},
		"whose authority's key": {"key.pem", "cert.pem", "key.pem", "options.tls.ca_certificate must be a certificate in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := parseOptions(t, `{`+imageOption+`}`)
			options["tls"] = map[string]any{
				"ca_certificate": readPEM(t, test.ca), "certificate": readPEM(t, test.certificate), "private_key": readPEM(t, test.key),
			}
			_, _, err := cloudinit.CloudConfig(cloudinit.RoleScheduler, options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "BEGIN EC PRIVATE KEY") {
				t.Errorf("the error contains the key: %v", err)
			}
		})
	}
}

// TestCloudConfig_acceptsIntermediateCertificates: an authority may have intermediate
// ones, and a renewed authority may be younger than the certificates that it signed.
func TestCloudConfig_acceptsIntermediateCertificates(t *testing.T) {
	t.Parallel()
	root := scripted.NewAuthority(t)
	for name, from := range map[string]time.Duration{"older": -2 * time.Hour, "younger": -time.Minute} {
		between := root.Intermediate(t, from)
		issued, leaf := between.Issue(t, scripted.Leaf{ForClients: true})
		options := parseOptions(t, `{`+imageOption+`}`)
		for certificate, want := range map[string]string{leaf + between.PEM: "", leaf: "is not signed by ca_certificate", between.PEM + leaf: "is not the key"} {
			options["tls"] = map[string]any{"ca_certificate": root.PEM, "certificate": certificate, "private_key": scripted.KeyPEM(t, issued)}
			if _, _, err := cloudinit.CloudConfig(cloudinit.RoleScheduler, options); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
		serving, leaf := between.Issue(t, scripted.Leaf{})
		options["tls"] = map[string]any{"ca_certificate": root.PEM, "certificate": leaf + between.PEM, "private_key": scripted.KeyPEM(t, serving)}
		if _, _, err := cloudinit.CloudConfig(cloudinit.RoleScheduler, options); err == nil || !strings.Contains(err.Error(), "client_auth is missing") {
			t.Errorf("%s: got %v for a server's certificate", name, err)
		}
	}
}

func TestCloudConfig_reportsAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := cloudinit.CloudConfig("worker", parseOptions(t, `{"imagee": "x", "nthreads": 0, "env": {"B": "\n", "A": "\n"}}`))
	const want = "options.imagee is not an option, did you mean image?"
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), "\n")+1 != 6 {
		t.Errorf("got %v", err)
	}
}

func TestCloudConfig_waitsForUnknownValues(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(map[string]any){
		"a certificate": func(o map[string]any) {
			o["tls"] = map[string]any{"ca_certificate": optionreader.Unknown{}, "certificate": optionreader.Unknown{}, "private_key": optionreader.Unknown{}}
		},
		"all of TLS":       func(o map[string]any) { o["tls"] = optionreader.Unknown{} },
		"the image":        func(o map[string]any) { o["image"] = optionreader.Unknown{} },
		"an environment":   func(o map[string]any) { o["env"] = map[string]any{"A": optionreader.Unknown{}} },
		"a configuration":  func(o map[string]any) { o["config"] = map[string]any{"a": []any{optionreader.Unknown{}}} },
		"an argument":      func(o map[string]any) { o["docker_args"] = []any{optionreader.Unknown{}} },
		"a resource":       func(o map[string]any) { o["resources"] = map[string]any{"GPU": optionreader.Unknown{}} },
		"the scheduler":    func(o map[string]any) { o["scheduler_address"] = optionreader.Unknown{} },
		"a number":         func(o map[string]any) { o["nthreads"] = optionreader.Unknown{} },
		"a memory's limit": func(o map[string]any) { o["memory_limit"] = optionreader.Unknown{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := parseOptions(t, `{`+imageOption+`, "scheduler_address": "tls://10.0.0.4:8786", "tls": $TLS}`)
			set(options)
			text, known, err := cloudinit.CloudConfig(cloudinit.RoleWorker, options)
			if text != "" || known || err != nil {
				t.Errorf("got %q, known %t, %v", text, known, err)
			}
			options["imagee"] = "x"
			if _, _, err := cloudinit.CloudConfig(cloudinit.RoleWorker, options); err == nil || !strings.Contains(err.Error(), "imagee") {
				t.Errorf("the known options are not checked: %v", err)
			}
		})
	}
}

func TestCloudConfig_rejectsTextTooLongForAzure(t *testing.T) {
	t.Parallel()
	options := parseOptions(t, `{`+imageOption+`}`)
	options["env"] = map[string]any{"LONG": strings.Repeat("x", 64000)}
	render(t, cloudinit.RoleScheduler, options)
	options["env"] = map[string]any{"LONG": strings.Repeat("x", 66000)}
	_, _, err := cloudinit.CloudConfig(cloudinit.RoleScheduler, options)
	if err == nil || !strings.Contains(err.Error(), "Azure accepts at most 87380") {
		t.Errorf("got %v", err)
	}
}

func FuzzCloudConfig(f *testing.F) {
	for _, value := range hostileTexts {
		f.Add(value, value, value)
	}
	f.Fuzz(func(t *testing.T, env, argument, line string) {
		given := map[string]any{
			"image": "a", "env": map[string]any{"A": env}, "docker_args": []any{argument}, "extra_bootstrap": []any{line},
		}
		text, known, err := cloudinit.CloudConfig(cloudinit.RoleScheduler, given)
		if err != nil {
			return
		}
		if !known {
			t.Fatal("nothing was unknown")
		}
		got := readBack(t, text)
		if got.file(t, "/etc/dask/env") != "A="+env+"\n" || got.dockerArguments(t)[5] != argument || !slices.Equal(got.RunCmd[0], []string{"command", "eval", line}) || len(got.RunCmd) != 3 {
			t.Fatalf("%q, %q and %q came back as %+v", env, argument, line, got)
		}
	})
}
