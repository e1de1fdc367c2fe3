// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package cloudinit writes the cloud-config of a virtual machine that runs a Dask
// scheduler or worker. It sends no request and does not depend on Terraform.
package cloudinit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// The roles of a machine that runs Dask.
const (
	RoleScheduler = "scheduler"
	RoleWorker    = "worker"
)

// maxCustomData is the number of base64 characters of custom data that Azure accepts:
// 64 kB minus one byte (Azure's manual, "Custom data and cloud-init").
const maxCustomData = 87380

const (
	daskFolder = "/etc/dask"
	tlsFolder  = daskFolder + "/tls"
	envFile    = daskFolder + "/env"
)

// CloudConfig returns the cloud-config of a machine that runs a Dask scheduler or
// worker in a container. Its base64 is the virtual machine's custom data. The options
// are decoded by encoding/json with UseNumber. An option that is not known yet is
// optionreader.Unknown: the function then checks the other options, and returns no
// text and false. An error is one *optionreader.Error, or several joined. The same
// options result in the same bytes.
func CloudConfig(role string, options map[string]any) (text string, known bool, err error) {
	m, known, err := parseMachine(role, options)
	if err != nil || !known {
		return "", false, err
	}
	var written bytes.Buffer
	written.WriteString("#cloud-config\n")
	encoder := yaml.NewEncoder(&written)
	encoder.SetIndent(2)
	if err := encoder.Encode(m.cloudConfig()); err != nil {
		return "", false, fmt.Errorf("write the cloud-config: %w", err)
	}
	if size := base64.StdEncoding.EncodedLen(written.Len()); size > maxCustomData {
		return "", false, &optionreader.Error{Message: fmt.Sprintf("make a cloud-config of %d characters in base64, and Azure accepts at most %d. "+
			"Put files into the image, or download them in extra_bootstrap.", size, maxCustomData)}
	}
	return written.String(), true, nil
}

// cloudConfig contains the modules of cloud-init that are used, in the order in which
// they run.
type cloudConfig struct {
	BootCmd       [][]string    `yaml:"bootcmd"`
	WriteFiles    []writtenFile `yaml:"write_files"`
	PackageUpdate bool          `yaml:"package_update,omitempty"`
	Packages      []string      `yaml:"packages,omitempty"`
	RunCmd        [][]any       `yaml:"runcmd"`
}

type writtenFile struct {
	Path        string `yaml:"path"`
	Permissions string `yaml:"permissions"`
	Content     string `yaml:"content"`
}

func (m machine) cloudConfig() cloudConfig {
	c := cloudConfig{
		// This runs before cloud-init writes a file. The folder hides its files from other
		// users of the host. Every user in the container can read them.
		BootCmd: [][]string{{"install", "-d", "-m", "0700", daskFolder}},
	}
	if m.tls != nil {
		c.WriteFiles = append(c.WriteFiles,
			writtenFile{tlsFolder + "/ca.pem", "0444", withFinalLineEnd(m.tls.ca)},
			writtenFile{tlsFolder + "/cert.pem", "0444", withFinalLineEnd(m.tls.certificate)},
		)
		if m.tls.secret.id == "" {
			c.WriteFiles = append(c.WriteFiles, writtenFile{tlsFolder + "/key.pem", "0444", withFinalLineEnd(m.tls.key)})
		} else {
			c.WriteFiles = append(c.WriteFiles, writtenFile{fetchKey, "0700", m.tls.secret.script()})
		}
	}
	c.WriteFiles = append(c.WriteFiles,
		writtenFile{envFile, "0600", joinLines(m.environment())},
		writtenFile{"/etc/systemd/system/dask.service", "0644", m.unit()},
	)
	if m.installsDocker {
		c.PackageUpdate, c.Packages = true, []string{"docker.io"}
	}
	for _, line := range m.extraBootstrap {
		// cloud-init writes all commands into one script and quotes the words of a list.
		// With eval, an unmatched quote affects only its own line, and command keeps the
		// error from ending the script. The next line keeps the variables and the working
		// folder.
		c.RunCmd = append(c.RunCmd, []any{"command", "eval", daskconfig.YAMLString(line)})
	}
	c.RunCmd = append(c.RunCmd, []any{"systemctl", "daemon-reload"}, []any{"systemctl", "enable", "--now", "dask.service"})
	return c
}

// unit returns a systemd unit, so that Dask starts again after a reboot. A scheduler
// exits with 0 after its idle timeout, and must stay stopped. A worker also exits
// with 0 when it loses its scheduler, but must connect again.
func (m machine) unit() string {
	restart := "on-failure"
	if m.role == RoleWorker {
		restart = "always"
	}
	text := []string{
		"[Unit]",
		"Description=Dask " + m.role,
		"Requires=docker.service",
		"Wants=network-online.target",
		"After=docker.service network-online.target",
		"StartLimitIntervalSec=0",
		"",
		"[Service]",
	}
	if m.localDirectory != "" {
		// Azure's temporary disk is empty after Azure has moved the machine.
		text = append(text, "ExecStartPre=/usr/bin/install -d -m 1777 "+quoteForSystemd(m.localDirectory))
	}
	if m.tls != nil && m.tls.secret.id != "" {
		// systemd repeats this until the identity can read the secret. A role assignment
		// takes Azure minutes. A restart of the unit fetches a renewed key.
		text = append(text, "ExecStartPre="+fetchKey)
	}
	text = append(text,
		// After a crash of the machine, the old container still uses the name.
		"ExecStartPre=-/usr/bin/docker rm --force dask",
		"ExecStart=/usr/bin/docker "+quoteAllForSystemd(m.docker()),
		"ExecStop=/usr/bin/docker stop dask",
		"Restart="+restart,
		"RestartSec=5",
		"",
		"[Install]",
		// An upgrade of Docker also stops Dask. This starts Dask again together with
		// Docker.
		"WantedBy=multi-user.target docker.service",
	)
	return joinLines(text)
}

// docker returns the arguments of docker.
func (m machine) docker() []string {
	arguments := []string{"run", "--rm", "--name=dask", "--net=host"}
	if m.usesGPU {
		arguments = append(arguments, "--gpus=all")
	}
	if m.tls != nil {
		arguments = append(arguments, "--volume="+tlsFolder+":"+tlsFolder+":ro")
	}
	if m.localDirectory != "" {
		arguments = append(arguments, "--volume="+m.localDirectory+":"+m.localDirectory)
	}
	arguments = append(arguments, "--env-file="+envFile)
	arguments = append(arguments, m.dockerArgs...)
	return append(append(arguments, m.image), m.command()...)
}

// command returns the command that runs in the container.
func (m machine) command() []string {
	if m.role == RoleScheduler {
		return m.schedulerCommand()
	}
	return m.workerCommand()
}

func (m machine) schedulerCommand() []string {
	arguments := []string{"dask", "scheduler", "--port", m.port, "--dashboard-address", ":" + m.dashboardPort}
	return append(arguments, flagWithValue("--idle-timeout", m.idleTimeout)...)
}

// workerCommand does not name the worker. The default name, its address, is unique. A
// host name is not, because a replaced machine keeps it.
func (m machine) workerCommand() []string {
	arguments := []string{"dask", "worker", m.schedulerAddress}
	if m.usesCUDA {
		arguments = slices.Insert(arguments, 1, "cuda")
	}
	arguments = append(arguments, flagWithValue("--nworkers", m.nworkers)...)
	arguments = append(arguments, flagWithValue("--nthreads", m.nthreads)...)
	arguments = append(arguments, flagWithValue("--memory-limit", m.memoryLimit)...)
	if !m.usesNanny {
		arguments = append(arguments, "--no-nanny")
	}
	arguments = append(arguments, flagWithValue("--resources", strings.Join(m.resources, " "))...)
	arguments = append(arguments, flagWithValue("--local-directory", m.localDirectory)...)
	arguments = append(arguments, flagWithValue("--worker-class", m.workerClass)...)
	arguments = append(arguments, flagWithValue("--lifetime", m.lifetime)...)
	if m.dashboardPort != "" {
		arguments = append(arguments, "--dashboard-address", ":"+m.dashboardPort)
	}
	return arguments
}

func flagWithValue(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{name, value}
}

// environment returns the lines of docker's --env-file, which does not interpret
// quotes: the value is everything after the first =.
func (m machine) environment() []string {
	text := make([]string, 0, len(m.env))
	for name, value := range m.env {
		text = append(text, name+"="+value)
	}
	slices.Sort(text)
	return text
}

// quoteForSystemd quotes one argument as in systemd.service(5) and systemd.unit(5).
// Specifiers, variables and escapes lose their meaning.
func quoteForSystemd(argument string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(argument) + `"`
}

func quoteAllForSystemd(arguments []string) string {
	quoted := make([]string, 0, len(arguments))
	for _, argument := range arguments {
		quoted = append(quoted, quoteForSystemd(argument))
	}
	return strings.Join(quoted, " ")
}

func joinLines(text []string) string {
	if len(text) == 0 {
		return ""
	}
	return strings.Join(text, "\n") + "\n"
}

func withFinalLineEnd(text string) string { return strings.TrimRight(text, "\n") + "\n" }
