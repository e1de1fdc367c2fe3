// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/simulation"
)

var (
	firstSeed = flag.Uint64("seed", 1, "the first seed of TestSimulate")
	seedCount = flag.Uint64("seeds", 50, "the number of seeds of TestSimulate")
	seedStep  = flag.Uint64("step", 1, "the distance between two seeds of TestSimulate")
)

// TestMain keeps the settings and certificates of this machine away from the provider,
// which would read them for each command.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(runWithoutSettings(m))
}

func runWithoutSettings(m *testing.M) int {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PC_") || strings.HasPrefix(name, "DASK_") || strings.HasPrefix(name, "JUPYTERHUB_") {
			_ = os.Unsetenv(name)
		}
	}
	empty, err := os.MkdirTemp("", "simulation")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(empty) }()
	certificates := filepath.Join(empty, "certificates.pem")
	if err := os.WriteFile(certificates, nil, 0o600); err != nil {
		panic(err)
	}
	for name, value := range map[string]string{"HOME": empty, "SSL_CERT_DIR": empty, "SSL_CERT_FILE": certificates, "DASK_CONFIG": empty} {
		_ = os.Setenv(name, value)
	}
	return m.Run()
}

// run simulates a seed. The mock and the provider use the random numbers of the whole
// process, so no two seeds run at the same time.
func run(t *testing.T, seed uint64, scope simulation.Scope) (trace []string) {
	t.Helper()
	t.Run("", func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, seed)
		trace = simulation.Run(t, seed, scope)
		if testing.Verbose() {
			t.Log(strings.Join(trace, "\n"))
		}
	})
	return trace
}

// failedSeeds broke a promise, or what the checks took for one. A seed draws another
// history when the simulation changes, so each bug also has a test of its own.
var failedSeeds = []uint64{
	// Failed and slow listings made the window of an adoption longer.
	82, 161, 254, 405, 472, 1011, 8002,
	// The window begins up to three seconds early.
	4823,
	// An interrupt left time for only a few lookups.
	2285, 2356, 2437, 2496, 2653, 2738, 4255, 5790, 5840, 7827,
	// A rival inside the window was adopted before the own cluster was listed.
	2117,
	// An interrupt came before two creates with the same options were told apart.
	10996, 12381,
	// A cache stayed empty for longer than all lookups of a create.
	435,
	// A restart emptied the cache again after the wait for it, or that wait failed.
	5252, 5591, 7501, 7829, 8665, 9853,
	// The mock kept a long poll open while the gateway restarted.
	6062,
}

// failedSeedsOfServersAndKills are those with SIGKILL, servers, ephemeral tokens and
// actions for clusters.
var failedSeedsOfServersAndKills = []uint64{
	// An interrupt ended the lookup of a server whose start was forwarded.
	88,
	// The checks took a server for lost whose create was killed, and one for taken that
	// the second client had restarted.
	196, 20120, 20281,
	// So did the second client while the create waited for the server.
	421, 976, 1296, 1536, 3216, 5193, 5214, 6326, 6349, 7001, 7071, 7149, 7506, 7953, 8055, 8101, 9880,
	// Two creates adopted one cluster: only one of them named the default options.
	811, 843, 2540, 5699, 7510,
}

// failedSeedsOfEverything are those with actions for servers and tokens, and renewals.
var failedSeedsOfEverything = []uint64{
	// The close of an ephemeral token went on for up to two minutes after an interrupt.
	65, 226, 626, 708, 772,
	// The checks took the second client's token with a freed id for the one of the action.
	905,
	// The checks waited for a Hub before JupyterHub 5 to end a start that never ends.
	6017,
	// The checks took a token for revoked by an action that was gone before.
	8185,
}

// TestSimulate_seedsThatFailed runs the seeds again that failed at some time.
func TestSimulate_seedsThatFailed(t *testing.T) { //nolint:paralleltest // see run
	for _, seed := range failedSeeds {
		run(t, seed, simulation.ClustersAndTokens)
	}
	for _, seed := range failedSeedsOfServersAndKills {
		run(t, seed, simulation.ServersAndKills)
	}
	for _, seed := range failedSeedsOfEverything {
		run(t, seed, simulation.Everything)
	}
}

// TestSimulate runs the seeds of the flags.
func TestSimulate(t *testing.T) { //nolint:paralleltest // see run
	for i := range *seedCount {
		run(t, *firstSeed+i**seedStep, simulation.Everything)
	}
}

// TestSimulate_isRepeatable shows that a seed draws the same history again.
func TestSimulate_isRepeatable(t *testing.T) { //nolint:paralleltest // see run
	for seed := range uint64(5) {
		// The order of lines of the same instant is not repeatable.
		first, second := slices.Sorted(slices.Values(run(t, seed, simulation.Everything))), slices.Sorted(slices.Values(run(t, seed, simulation.Everything)))
		if !slices.Equal(first, second) {
			t.Errorf("seed %d: %d and %d lines", seed, len(first), len(second))
			for i := range min(len(first), len(second)) {
				if first[i] != second[i] {
					t.Errorf("line %d:\n%s\n%s", i, first[i], second[i])
					break
				}
			}
		}
	}
}
