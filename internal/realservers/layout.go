// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

//go:embed servers/gateway_config.py servers/hub_config.py
var serverConfigs embed.FS

// layout is what the configuration files of the servers are told, by the names
// under which they read it.
type layout struct {
	Directory     string `json:"directory"`
	Auth          string `json:"auth"`
	Password      string `json:"password"`
	MaxWorkers    int    `json:"max_workers"`
	GatewayAPI    string `json:"gateway_api"`
	GatewayProxy  string `json:"gateway_proxy"`
	GatewayPrefix string `json:"gateway_prefix"`
	GatewayToken  string `json:"gateway_token"`
	AdminToken    string `json:"admin_token"`
	HubURL        string `json:"hub_url"`
	HubAPI        string `json:"hub_api"`
	HubProxyAPI   string `json:"hub_proxy_api"`
	HubProxyToken string `json:"hub_proxy_token"`
	HubProxy      string `json:"configurable_http_proxy"`

	inst Installation
	user string
}

func newLayout(ctx context.Context, inst Installation, cfg Config, dir string) (layout, error) {
	addresses, err := freeAddresses(ctx, 5)
	if err != nil {
		return layout{}, err
	}
	l := layout{
		Directory: dir, Auth: cfg.Auth, MaxWorkers: cfg.MaxWorkers,
		GatewayAPI: addresses[0], GatewayProxy: addresses[1], GatewayPrefix: "/",
		inst: inst, user: cfg.Users[0],
	}
	if cfg.Auth == Basic {
		l.Password = rand.Text()
		return l, nil
	}
	l.GatewayPrefix = "/services/dask-gateway"
	l.GatewayToken, l.AdminToken, l.HubProxyToken = rand.Text(), rand.Text(), rand.Text()
	l.HubURL = "http://" + addresses[2] + "/"
	l.HubAPI = "http://" + addresses[3]
	l.HubProxyAPI = "http://" + addresses[4]
	l.HubProxy = inst.configurableHTTPProxy()
	return l, nil
}

// write makes the scratch folder: the configuration files and what they read.
func (l layout) write() error {
	for _, name := range []string{"clusters", "home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(l.Directory, name), 0o700); err != nil {
			return err
		}
	}
	// A Hub that finds an earlier one's process ids may signal whoever has them now.
	for _, name := range []string{"hub.sqlite", "proxy.pid", "hub.log", "gateway.log"} {
		if err := os.Remove(filepath.Join(l.Directory, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	for _, name := range []string{"gateway_config.py", "hub_config.py"} {
		text, err := serverConfigs.ReadFile("servers/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(l.Directory, name), text, 0o600); err != nil {
			return err
		}
	}
	text, err := json.Marshal(l) //nolint:gosec // the scratch password of the test servers, for their configuration
	if err != nil {
		return err
	}
	return os.WriteFile(l.parametersFile(), text, 0o600)
}

func (l layout) parametersFile() string { return filepath.Join(l.Directory, "parameters.json") }

// servers are the processes to start; JupyterHub starts its proxy itself, and
// so does the gateway.
func (l layout) servers() []server {
	environment := l.inst.environment(l.Directory)
	environment["PC_SERVERS_PARAMETERS"] = l.parametersFile()
	bin := filepath.Dir(l.inst.python())
	servers := []server{{
		Name:        "gateway",
		Command:     []string{filepath.Join(bin, "dask-gateway-server"), "-f", filepath.Join(l.Directory, "gateway_config.py")},
		Environment: environment,
	}}
	if l.Auth == JupyterHub {
		servers = append(servers, server{
			Name:        "hub",
			Command:     []string{filepath.Join(bin, "jupyterhub"), "-f", filepath.Join(l.Directory, "hub_config.py")},
			Environment: environment,
		})
	}
	return servers
}

func (l layout) stack() *Stack {
	s := &Stack{
		HubURL:       l.HubURL,
		GatewayURL:   "http://" + l.GatewayProxy + "/",
		ProxyAddress: "gateway://" + l.GatewayProxy,
		Password:     l.Password,
		AdminToken:   l.AdminToken,
		Dir:          l.Directory,
		Bin:          filepath.Dir(l.inst.python()),
		inst:         l.inst,
		auth:         l.Auth,
		user:         l.user,
		tokens:       map[string]string{},
	}
	if l.HubURL != "" {
		s.GatewayURL = l.HubURL + "services/dask-gateway/"
	}
	return s
}
