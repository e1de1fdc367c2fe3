// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// configurationsPerRound is the size of a round. Rounds are repeated until Python
// and the provider have both accepted minCompared configurations.
const (
	configurationsPerRound = 150
	minCompared            = 200
	maxRounds              = 10
)

// testFiles creates random configurations in files and the environment, and
// compares the provider's results with Gateway(). It prints its seed. SETTINGS_SEED
// repeats it.
func testFiles(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	seed := rand.Uint64() //nolint:gosec // a test's choice of cases
	if text := os.Getenv("SETTINGS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SETTINGS_SEED=%d", seed)
	usable := 0
	for round := 0; usable < minCompared && !t.Failed(); round++ {
		if round == maxRounds {
			t.Fatalf("%d of %d configurations could be compared, which is not %d", usable, maxRounds*configurationsPerRound, minCompared)
		}
		usable += compareConfigurations(t, stack, seed, round*configurationsPerRound)
	}
}

// compareConfigurations compares one round, starting with this number, and returns
// how many configurations both sides accepted.
func compareConfigurations(t *testing.T, stack *realservers.Stack, seed uint64, first int) int {
	t.Helper()
	var created []configuration
	var calls []gatewayCall
	for i := range configurationsPerRound {
		random := rand.New(rand.NewPCG(seed, uint64(first+i))) //nolint:gosec // a test's choice of cases
		c := configuration{t: t, random: random, root: t.TempDir(), files: map[string]string{}}
		c.generate()
		created = append(created, c)
		calls = append(calls, gatewayCall{Environment: c.environment})
	}
	usable := 0
	for i, want := range callInPython(t, stack, calls) {
		s, problems := calls[i].resolve()
		if strings.Contains(want.Error, "'NoneType' object has no attribute 'items'") {
			// The provider skips options of None. Python crashes.
			continue
		}
		if refusal := want.Error != ""; refusal || len(problems) > 0 {
			if !refusal || len(problems) == 0 {
				t.Errorf("Python: %q; the provider: %+v\n%s", want.Error, problems, created[i])
			}
			continue
		}
		got := providerAttributes(s)
		if want := onlyAddresses(want); got.Address != want.Address || got.PublicAddress != want.PublicAddress || got.ProxyAddress != want.ProxyAddress {
			t.Errorf("provider %+v\nPython   %+v\n%s", got, want, created[i])
		}
		credentials := map[string]any{"username": s.Username.Value, "password": s.Password.Value.Reveal()}
		if s.Auth.Value == "jupyterhub" {
			credentials = map[string]any{"api_token": s.APIToken.Value.Reveal()}
		}
		if !maps.Equal(credentials, want.Credentials) || httpProxy(t, s) != valueOrNone(want.HTTPProxy) {
			t.Errorf("the provider: %v, %s; Python %v, %s\n%s", credentials, httpProxy(t, s), want.Credentials, valueOrNone(want.HTTPProxy), created[i])
		}
		compareOptions(t, []string{created[i].String()}, s, want)
		if t.Failed() {
			break
		}
		usable++
	}
	return usable
}

// configuration is the configuration of one machine.
type configuration struct {
	t           *testing.T
	random      *rand.Rand
	root        string
	files       map[string]string
	environment []string
}

// String returns the whole configuration.
func (c configuration) String() string {
	text := strings.Join(c.environment, "\n")
	for name, content := range c.files {
		text += "\n--- " + name + "\n" + content
	}
	return text
}

func (c *configuration) pick(from ...string) string { return from[c.random.IntN(len(from))] }

func (c *configuration) maybe(percent int) bool { return c.random.IntN(100) < percent }

// generate creates Dask's folders with one or more files each, and some variables.
// The first folder contains the settings that Gateway() requires.
func (c *configuration) generate() {
	c.environment = []string{
		"HOME=" + filepath.Join(c.root, "home"), "DASK_ROOT_CONFIG=" + filepath.Join(c.root, "etc"),
		"LOGNAME=alice", "WHO=bob", "P=3128", "JUPYTER_IMAGE_SPEC=pangeo/pangeo-notebook:2026.08.01",
	}
	auth := c.pick("basic", "jupyterhub", "dask_gateway.auth.BasicAuth")
	c.write("etc/dask.yaml", "gateway:\n  address: http://hub.example.com/services/dask-gateway/\n  auth:\n    type: "+auth+"\n    kwargs: "+
		map[bool]string{true: "{api_token: \"{WHO}-t0ken\"}", false: "{}"}[auth == "jupyterhub"]+"\n")
	for _, name := range []string{"etc/a.yml", "etc/zz.JSON", "etc/ignored.txt", "home/.config/dask/gateway.yaml", "home/.config/dask/b.yml", "further/x.yaml"} {
		if c.maybe(50) {
			c.write(name, c.randomFile(strings.HasSuffix(name, "JSON")))
		}
	}
	switch {
	case c.maybe(30):
		c.environment = append(c.environment, "DASK_CONFIG="+filepath.Join(c.root, "further"))
	case c.maybe(30):
		c.environment = append(c.environment, "DASK_CONFIG="+filepath.Join(c.root, "further", "x.yaml"))
	}
	if c.maybe(10) {
		c.environment = append(c.environment, inheritedConfiguration(c.randomFile(true)))
	}
	for _, variable := range []string{"CLUSTER__OPTIONS__WORKER_CORES", "CLUSTER__OPTIONS__worker_memory", "HTTP_CLIENT__PROXY", "PROXY_ADDRESS", "PUBLIC-ADDRESS", "CLUSTER__OPTIONS__ENVIRONMENT__A", "ADDRESS"} {
		if c.maybe(15) {
			c.environment = append(c.environment, "DASK_GATEWAY__"+variable+"="+c.randomValue(strings.ToLower(variable)))
		}
	}
}

func (c *configuration) write(name, content string) {
	c.t.Helper()
	file := filepath.Join(c.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.files[name] = content
}

// randomValue returns a valid value of the key, for the environment.
func (c *configuration) randomValue(key string) string {
	switch {
	case strings.Contains(key, "proxy_address") || strings.Contains(key, "proxy-address"):
		return c.pick("8786", "gateway://dask.example.com:8786", "dask.example.com:8786", "tls://{WHO}.example.com:1")
	case strings.Contains(key, "public"):
		return c.pick("/services/dask-gateway/", "https://hub.example.com/x", "https://{WHO}.example.com/")
	case strings.Contains(key, "address"):
		return c.pick("http://other.example.com/", "https://{WHO}.example.com:{P}/y/", "http://hub.example.com:8000")
	case strings.Contains(key, "proxy"):
		return c.pick("http://proxy.example.com:{P}", "false", "False", "null")
	default:
		return c.pick("2", "4.5", "true", "None", "'{WHO}'", "{JUPYTER_IMAGE_SPEC}", "{{braces}}", "[1, 'a']", "text")
	}
}

// randomFile returns a file with some of the settings that Gateway() reads.
func (c *configuration) randomFile(isJSON bool) string {
	if isJSON {
		return fmt.Sprintf(`{"gateway": {%q: "https://json.example.com/{WHO}", "cluster": {"options": {"json": %s, "n": 1.5, "nested": {"deep": [true, null]}}}}, "distributed": {"x": 1}}`,
			c.pick("public-address", "public_address"), c.pick("1", "\"a\"", "null", "[]"))
	}
	if c.maybe(5) {
		return c.pick("", "# nothing\n", "---\n", "null\n", "- a list\n", "gateway: [\n", "a: 1\n---\nb: 2\n", "gateway: {address: !!python/none x}\n", "text\n")
	}
	lines := []string{"distributed: {worker: {memory: {target: 0.7}}}", "gateway:"}
	if c.maybe(20) {
		lines = append([]string{
			"shared: &shared", "  " + c.pick("merged", "worker_cores") + ": " + c.randomScalar(),
			"also: &also", "  worker-cores: 7", "  " + c.pick("merged", "<<") + ": *shared",
		}, lines...)
	}
	anchored := len(lines) > 2
	if c.maybe(10) {
		lines = append([]string{c.pick("%YAML 1.1", "%YAML 1.2", "%YAML 2.0", "%OTHER x"), "---"}, lines...)
	}
	for _, key := range []string{"address", "public-address", "public_address", "proxy-address", "proxy_address"} {
		if c.maybe(12) {
			value := c.randomValue(key)
			if value != "8786" {
				// Python reads a quoted port as an invalid address.
				value = c.pick("\""+value+"\"", "'"+value+"'")
			}
			lines = append(lines, "  "+key+": "+value)
		}
	}
	if c.maybe(20) {
		lines = append(lines, "  "+c.pick("http-client", "http_client")+":", "    proxy: "+c.pick("false", "off", "No", "~", "\"http://{WHO}:{P}\"", "http://proxy:1"))
	}
	if c.maybe(70) {
		lines = append(lines, "  cluster:", "    options:"+c.pick("", "", " {}", " ~"))
		if !strings.HasSuffix(lines[len(lines)-1], ":") {
			return strings.Join(lines, "\n") + "\n"
		}
		if anchored {
			lines = append(lines, "      <<: "+c.pick("*shared", "*also", "[*shared, *also]", "[*also, *shared]"))
			if c.maybe(40) {
				lines = append(lines, "      <<: "+c.pick("*shared", "*also", "{worker_cores: 8}"))
			}
		}
		for _, key := range []string{"worker_cores", "worker-cores", "image", "gpu", "time", "environment"} {
			switch {
			case !c.maybe(50):
			case key == "environment":
				lines = append(lines, "      environment:", "        "+c.pick("A", "B_C", "B-C")+": "+c.randomScalar(), "        D: "+c.randomScalar())
			default:
				lines = append(lines, "      "+key+": "+c.randomScalar())
			}
		}
		lines = append(lines, "      last: "+c.randomScalar())
	}
	return strings.Join(lines, "\n") + "\n"
}

// randomScalar returns a scalar that YAML 1.1, YAML 1.2 and Python interpret
// differently.
func (c *configuration) randomScalar() string {
	return c.pick("1", "-7", "+3", "0", "010", "0o17", "0x1F", "0b11", "1_000", "1:30", "-1:30:15", "1.", "1.5", ".5", "-.5", "1e3", "1.0e3", "1.5e+3", "1.5E-3", "1:30.5", ".inf", "-.INF", ".nan",
		"yes", "No", "ON", "off", "y", "n", "oN", "true", "True", "tRUE", "FALSE", "~", "null", "Null", "nULL", "", "text", "two words", "2026-11-23x", "12e03", "0.1.2", "1,000", "08", "09.5",
		"\"{WHO}\"", "'{JUPYTER_IMAGE_SPEC}'", "\"{{x}}\"", "\"a{P}b{{\"", "'yes'", "\"1\"", "!!str 12", "!!int \"12\"", "!!float 3", "!!bool yes", "!!str yes", "[1, two, {three: 3}]", "{a: {b: on}}", "[]", "{}",
		"|-\n        a\n        b", "\"tab\\tnew\\nline \\u00e9\"", "'it''s'", "a: b", "*nowhere", "%percent", "@at", "\"{MISSING}\"", "\"{\"", "{P}", "a#b", "a # comment")
}
