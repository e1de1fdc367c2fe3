// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// machine describes a machine that runs Dask, with checked options. Numbers are
// formatted as on a command line. "" means Dask's default.
type machine struct {
	role                    string
	image                   string
	dockerArgs              []string
	extraBootstrap          []string
	installsDocker, usesGPU bool
	tls                     *certificates
	env                     map[string]string

	port, dashboardPort string
	idleTimeout         string

	schedulerAddress, nthreads, nworkers, memoryLimit string
	usesNanny, usesCUDA                               bool
	resources                                         []string
	localDirectory, workerClass, lifetime             string
}

const connectTimeout = "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"

// machineOptions maps the name of each option to the role that has it, or to "" if both
// roles have it.
var machineOptions = map[string]string{
	"image": "", "docker_args": "", "extra_bootstrap": "", "bootstrap": "", "gpu": "",
	"tls": "", "env": "", "config": "", "dashboard_port": "",
	"port": RoleScheduler, "idle_timeout": RoleScheduler, "dashboard_tls": RoleScheduler,
	"scheduler_address": RoleWorker, "nthreads": RoleWorker, "nworkers": RoleWorker, "memory_limit": RoleWorker, "nanny": RoleWorker,
	"resources": RoleWorker, "local_directory": RoleWorker, "worker_class": RoleWorker, "lifetime": RoleWorker,
}

// Options returns the names of CloudConfig's options, sorted.
func Options() []string { return slices.Sorted(maps.Keys(machineOptions)) }

// parseMachine checks all options that are known.
func parseMachine(role string, options map[string]any) (m machine, known bool, err error) {
	if role != RoleScheduler && role != RoleWorker {
		return machine{}, false, &optionreader.Error{Message: fmt.Sprintf("have the role %q, and it must be %q or %q", role, RoleScheduler, RoleWorker)}
	}
	r := optionReader{optionreader.New(options)}
	r.CheckNames(Options())
	for _, name := range r.Names() {
		if requiredRole := machineOptions[name]; requiredRole != "" && requiredRole != role {
			r.Reject(name, "is an option of a "+requiredRole+", not of a "+role)
		}
	}
	m = machine{role: role}
	m.readContainer(r)
	m.readTLS(r)
	if role == RoleScheduler {
		m.readScheduler(r)
	} else {
		m.readWorker(r)
	}
	m.readEnvironment(r)
	return m, !r.HasUnknown(), r.Err()
}

func (m *machine) readContainer(r optionReader) {
	m.image = r.Required("image", imageReference)
	m.dockerArgs = r.Texts("docker_args", dockerArgument)
	m.extraBootstrap = r.Texts("extra_bootstrap", shellLines)
	m.installsDocker = r.Flag("bootstrap", true)
	m.usesGPU = r.Flag("gpu", false)
}

func (m *machine) readScheduler(r optionReader) {
	m.port = r.WholeNumber("port", 65535, "8786")
	m.dashboardPort = r.WholeNumber("dashboard_port", 65535, "8787")
	if m.port == m.dashboardPort && m.port != "" {
		r.Reject("dashboard_port", "must differ from port, "+m.port)
	}
	m.idleTimeout = r.Text("idle_timeout", duration)
}

func (m *machine) readWorker(r optionReader) {
	m.schedulerAddress = r.Required("scheduler_address", addresses.CheckScheduler)
	scheme, _, _ := strings.Cut(m.schedulerAddress, "://")
	switch {
	case scheme == "tls" && r.IsAbsent("tls"):
		r.Reject("tls", "is required, because scheduler_address begins with tls://")
	case scheme == "tcp" && !r.IsAbsent("tls"):
		r.Reject("scheduler_address", "must begin with tls:// if tls is set")
	}
	m.dashboardPort = r.WholeNumber("dashboard_port", 65535, "")
	m.nthreads = r.WholeNumber("nthreads", 1<<16, "")
	m.nworkers = r.nworkers()
	m.usesNanny = r.Flag("nanny", true)
	if !m.usesNanny && m.nworkers != "" && m.nworkers != "1" {
		r.Reject("nanny", "must be true for more than one worker, because the nanny starts them")
	}
	m.memoryLimit = r.memory("memory_limit")
	m.resources = r.resources()
	m.localDirectory = r.Text("local_directory", absolutePath)
	m.lifetime = r.Text("lifetime", duration)
	m.readWorkerClass(r)
}

// cudaWorkers are the names of a class that dask worker cannot start: its argument
// for the scheduler's address has a different name, and it starts nannies itself. The
// command that starts it has fewer options (dask_cuda/cli.py).
var cudaWorkers = []string{"dask_cuda.CUDAWorker", "dask_cuda.cuda_worker.CUDAWorker"}

func (m *machine) readWorkerClass(r optionReader) {
	m.workerClass = r.Text("worker_class", workerClass)
	if !slices.Contains(cudaWorkers, m.workerClass) {
		return
	}
	m.workerClass, m.usesCUDA = "", true
	for _, name := range []string{"nworkers", "lifetime"} {
		if !r.IsAbsent(name) {
			r.Reject(name, "conflicts with dask_cuda.CUDAWorker, which starts one worker for each GPU and has no such option")
		}
	}
	if !m.usesNanny {
		r.Reject("nanny", "must be true with dask_cuda.CUDAWorker, which starts its workers in nannies")
	}
}

// readEnvironment collects the environment variables of the container: for TLS, for
// Dask's configuration, and from the option env.
func (m *machine) readEnvironment(r optionReader) {
	m.env = map[string]string{}
	if m.tls != nil {
		m.env["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "True"
		m.env["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = tlsFolder + "/ca.pem"
		for _, peer := range []string{"SCHEDULER", "WORKER", "CLIENT"} {
			m.env["DASK_DISTRIBUTED__COMM__TLS__"+peer+"__CERT"] = tlsFolder + "/cert.pem"
			m.env["DASK_DISTRIBUTED__COMM__TLS__"+peer+"__KEY"] = tlsFolder + "/key.pem"
		}
	}
	if r.Flag("dashboard_tls", false) {
		if r.IsAbsent("tls") {
			r.Reject("dashboard_tls", "requires tls, whose certificate the dashboard uses")
		}
		m.env["DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__TLS__CERT"] = tlsFolder + "/cert.pem"
		m.env["DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__TLS__KEY"] = tlsFolder + "/key.pem"
	}
	tlsVariables := maps.Clone(m.env)
	add := func(option, name, value string) {
		_, isTaken := m.env[name]
		switch _, isReserved := tlsVariables[name]; {
		case isReserved:
			r.Reject(option, "must not set "+name+", because tls sets it")
		case isTaken:
			r.Reject(option, "sets "+name+" a second time")
		}
		m.env[name] = value
	}
	for _, source := range []struct {
		option string
		values map[string]string
	}{{"config", daskconfig.EnvironmentVariables(r.Reader, "config")}, {"env", r.environment("env")}} {
		for _, name := range slices.Sorted(maps.Keys(source.values)) {
			add(source.option, name, source.values[name])
		}
	}
	// Scheduler and workers start at the same time. By default a worker exits after
	// 30 s.
	if _, isSet := m.env[connectTimeout]; m.role == RoleWorker && !isSet {
		m.env[connectTimeout] = "120s"
	}
}
