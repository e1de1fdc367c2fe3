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
// they are run.
type cloudConfig struct {
	BootCmd       [][]string  `yaml:"bootcmd"`
	WriteFiles    []wroteFile `yaml:"write_files"`
	PackageUpdate bool        `yaml:"package_update,omitempty"`
	Packages      []string    `yaml:"packages,omitempty"`
	RunCmd        [][]any     `yaml:"runcmd"`
}

type wroteFile struct {
	Path        string `yaml:"path"`
	Permissions string `yaml:"permissions"`
	Content     string `yaml:"content"`
}

func (m machine) cloudConfig() cloudConfig {
	c := cloudConfig{
		// Before any file is written: what is below is hidden from the host's other
		// users by this folder, and can be read by any user of the container.
		BootCmd: [][]string{{"install", "-d", "-m", "0700", daskFolder}},
	}
	if m.tls != nil {
		c.WriteFiles = append(c.WriteFiles,
			wroteFile{tlsFolder + "/ca.pem", "0444", endLine(m.tls.ca)},
			wroteFile{tlsFolder + "/cert.pem", "0444", endLine(m.tls.certificate)},
		)
		if m.tls.secret.id == "" {
			c.WriteFiles = append(c.WriteFiles, wroteFile{tlsFolder + "/key.pem", "0444", endLine(m.tls.key)})
		} else {
			c.WriteFiles = append(c.WriteFiles, wroteFile{fetchKey, "0700", m.tls.secret.script()})
		}
	}
	c.WriteFiles = append(c.WriteFiles,
		wroteFile{envFile, "0600", lines(m.environment())},
		wroteFile{"/etc/systemd/system/dask.service", "0644", m.unit()},
	)
	if m.bootstrap {
		c.PackageUpdate, c.Packages = true, []string{"docker.io"}
	}
	for _, line := range m.extraBootstrap {
		// cloud-init makes one script of all commands, and quotes the words of a list.
		// A line with a quote too few is so an error of its own and not the end of the
		// script, as command keeps it from being with eval; and a variable or folder
		// that it sets is there for the next line.
		c.RunCmd = append(c.RunCmd, []any{"command", "eval", daskconfig.YAMLString(line)})
	}
	c.RunCmd = append(c.RunCmd, []any{"systemctl", "daemon-reload"}, []any{"systemctl", "enable", "--now", "dask.service"})
	return c
}

// unit is a systemd unit and no line of runcmd, so that Dask is back after a
// reboot. A scheduler that ends well was idle for too long; a worker also ends
// well when its scheduler is gone, and has to look for it again.
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
		// Azure's temporary disk is empty after a machine was moved.
		text = append(text, "ExecStartPre=/usr/bin/install -d -m 1777 "+systemdWord(m.localDirectory))
	}
	if m.tls != nil && m.tls.secret.id != "" {
		// Here and not in runcmd: it is repeated until the identity may read the
		// secret, which takes Azure minutes, and a renewed key is there after a restart.
		text = append(text, "ExecStartPre="+fetchKey)
	}
	text = append(text,
		// What a crash of the machine has left would take the name.
		"ExecStartPre=-/usr/bin/docker rm --force dask",
		"ExecStart=/usr/bin/docker "+systemdWords(m.docker()),
		"ExecStop=/usr/bin/docker stop dask",
		"Restart="+restart,
		"RestartSec=5",
		"",
		"[Install]",
		// What stops Docker, as an upgrade does, stops Dask with it; what starts Docker
		// again has to start Dask.
		"WantedBy=multi-user.target docker.service",
	)
	return lines(text)
}

// docker are the arguments of docker.
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

// command is what runs in the container.
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

// workerCommand gives the worker no name: its address is one, and a machine that
// is made anew keeps its host name.
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

// environment are the lines of docker's --env-file, which knows no quotes: what
// is after the first = is the value.
func (m machine) environment() []string {
	text := make([]string, 0, len(m.env))
	for name, value := range m.env {
		text = append(text, name+"="+value)
	}
	slices.Sort(text)
	return text
}

// systemdWord quotes one argument as systemd.service(5) and systemd.unit(5) have
// it, so that no specifier, variable or escape is left in it.
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
