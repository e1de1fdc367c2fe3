// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package cloudinit makes the cloud-config of a virtual machine that runs a Dask
// scheduler or worker. It sends nothing and knows nothing of Terraform.
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

// maxCustomData is how many base64 characters of custom data Azure takes:
// 64 kB less a byte (Azure's manual, "Custom data and cloud-init").
const maxCustomData = 87380

const (
	daskFolder = "/etc/dask"
	tlsFolder  = daskFolder + "/tls"
	envFile    = daskFolder + "/env"
)

// CloudConfig returns the cloud-config of a machine that runs a Dask scheduler or
// worker in a container: what goes into a virtual machine's custom data, not yet
// base64. The options are as encoding/json decodes them with UseNumber, and
// optionreader.Unknown for what is not known yet; then the text is "" and known false, once
// the rest has been checked. An error is one *optionreader.Error, or several joined.
// The same options give the same bytes.
func CloudConfig(role string, options map[string]any) (text string, known bool, err error) {
	m, known, err := parseMachine(role, options)
	if err != nil || !known {
		return "", false, err
	}
	var text64 bytes.Buffer
	text64.WriteString("#cloud-config\n")
	encoder := yaml.NewEncoder(&text64)
	encoder.SetIndent(2)
	if err := encoder.Encode(m.cloudConfig()); err != nil {
		return "", false, fmt.Errorf("write the cloud-config: %w", err)
	}
	if size := base64.StdEncoding.EncodedLen(text64.Len()); size > maxCustomData {
		return "", false, &optionreader.Error{Message: fmt.Sprintf("make a cloud-config of %d characters in base64, and Azure takes at most %d. "+
			"Leave out what can be in the image, or can be fetched by a line of extra_bootstrap.", size, maxCustomData)}
	}
	return text64.String(), true, nil
}

// cloudConfig has the modules of cloud-init that are used, in the order in which
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
		// This runs before any file is written. The folder hides its files from other
		// users of the host; any user in the container can read them.
		BootCmd: [][]string{{"install", "-d", "-m", "0700", daskFolder}},
	}
	if m.tls != nil {
		c.WriteFiles = append(c.WriteFiles,
			writtenFile{tlsFolder + "/ca.pem", "0444", endLine(m.tls.ca)},
			writtenFile{tlsFolder + "/cert.pem", "0444", endLine(m.tls.certificate)},
		)
		if m.tls.secret.id == "" {
			c.WriteFiles = append(c.WriteFiles, writtenFile{tlsFolder + "/key.pem", "0444", endLine(m.tls.key)})
		} else {
			c.WriteFiles = append(c.WriteFiles, writtenFile{fetchKey, "0700", m.tls.secret.script()})
		}
	}
	c.WriteFiles = append(c.WriteFiles,
		writtenFile{envFile, "0600", lines(m.environment())},
		writtenFile{"/etc/systemd/system/dask.service", "0644", m.unit()},
	)
	if m.bootstrap {
		c.PackageUpdate, c.Packages = true, []string{"docker.io"}
	}
	for _, line := range m.extraBootstrap {
		// cloud-init makes one script of all commands and quotes the words of a list.
		// Thanks to eval, a line with an unmatched quote is an error of its own;
		// command keeps it from ending the script. A variable or folder that a line
		// sets is there for the next line.
		c.RunCmd = append(c.RunCmd, []any{"command", "eval", daskconfig.YAMLString(line)})
	}
	c.RunCmd = append(c.RunCmd, []any{"systemctl", "daemon-reload"}, []any{"systemctl", "enable", "--now", "dask.service"})
	return c
}

// unit returns a systemd unit, so that Dask starts again after a reboot. A
// scheduler exits with 0 when it was idle for too long. A worker also exits with 0
// when its scheduler is gone, and must look for it again.
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
		text = append(text, "ExecStartPre=/usr/bin/install -d -m 1777 "+systemdWord(m.localDirectory))
	}
	if m.tls != nil && m.tls.secret.id != "" {
		// systemd repeats this until the identity can read the secret, which takes Azure
		// minutes. A renewed key is there after a restart.
		text = append(text, "ExecStartPre="+fetchKey)
	}
	text = append(text,
		// A container that is left after a crash of the machine occupies the name.
		"ExecStartPre=-/usr/bin/docker rm --force dask",
		"ExecStart=/usr/bin/docker "+systemdWords(m.docker()),
		"ExecStop=/usr/bin/docker stop dask",
		"Restart="+restart,
		"RestartSec=5",
		"",
		"[Install]",
		// An upgrade of Docker stops Dask too. When Docker starts again, so must Dask.
		"WantedBy=multi-user.target docker.service",
	)
	return lines(text)
}

// docker returns the arguments of docker.
func (m machine) docker() []string {
	words := []string{"run", "--rm", "--name=dask", "--net=host"}
	if m.gpu {
		words = append(words, "--gpus=all")
	}
	if m.tls != nil {
		words = append(words, "--volume="+tlsFolder+":"+tlsFolder+":ro")
	}
	if m.localDirectory != "" {
		words = append(words, "--volume="+m.localDirectory+":"+m.localDirectory)
	}
	words = append(words, "--env-file="+envFile)
	words = append(words, m.dockerArgs...)
	return append(append(words, m.image), m.command()...)
}

// command returns the command that runs in the container.
func (m machine) command() []string {
	if m.role == RoleScheduler {
		return m.schedulerCommand()
	}
	return m.workerCommand()
}

func (m machine) schedulerCommand() []string {
	words := []string{"dask", "scheduler", "--port", m.port, "--dashboard-address", ":" + m.dashboardPort}
	return append(words, flag("--idle-timeout", m.idleTimeout)...)
}

// workerCommand sets no name for the worker. The default, its address, is unique; a
// host name is not, because a replaced machine keeps it.
func (m machine) workerCommand() []string {
	words := []string{"dask", "worker", m.schedulerAddress}
	if m.cuda {
		words = slices.Insert(words, 1, "cuda")
	}
	words = append(words, flag("--nworkers", m.nworkers)...)
	words = append(words, flag("--nthreads", m.nthreads)...)
	words = append(words, flag("--memory-limit", m.memoryLimit)...)
	if m.noNanny {
		words = append(words, "--no-nanny")
	}
	words = append(words, flag("--resources", strings.Join(m.resources, " "))...)
	words = append(words, flag("--local-directory", m.localDirectory)...)
	words = append(words, flag("--worker-class", m.workerClass)...)
	words = append(words, flag("--lifetime", m.lifetime)...)
	if m.dashboardPort != "" {
		words = append(words, "--dashboard-address", ":"+m.dashboardPort)
	}
	return words
}

func flag(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{name, value}
}

// environment returns the lines of docker's --env-file, which has no quotes: the
// value is everything after the first =.
func (m machine) environment() []string {
	text := make([]string, 0, len(m.env))
	for name, value := range m.env {
		text = append(text, name+"="+value)
	}
	slices.Sort(text)
	return text
}

// systemdWord quotes one argument as in systemd.service(5) and systemd.unit(5).
// Specifiers, variables and escapes lose their meaning.
func systemdWord(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(word) + `"`
}

func systemdWords(words []string) string {
	quoted := make([]string, 0, len(words))
	for _, word := range words {
		quoted = append(quoted, systemdWord(word))
	}
	return strings.Join(quoted, " ")
}

func lines(text []string) string {
	if len(text) == 0 {
		return ""
	}
	return strings.Join(text, "\n") + "\n"
}

func endLine(text string) string { return strings.TrimRight(text, "\n") + "\n" }
