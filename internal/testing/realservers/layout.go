// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
)

//go:embed servers/gateway_config.py servers/hub_config.py servers/kubelet.py
var serverConfigs embed.FS

// layout contains the values that the configuration files of the servers read, by name.
type layout struct {
	Directory     string `json:"directory"`
	Auth          string `json:"auth"`
	Password      string `json:"password"`
	MaxWorkers    int    `json:"max_workers"`
	GatewayAPI    string `json:"gateway_api"`
	GatewayProxy  string `json:"gateway_proxy"`
	GatewayPrefix string `json:"gateway_prefix"`
	GatewayToken  string `json:"gateway_token"`
	DatabaseKey   string `json:"database_key"`
	AdminToken    string `json:"admin_token"`
	HubURL        string `json:"hub_url"`
	HubAPI        string `json:"hub_api"`
	HubProxyAPI   string `json:"hub_proxy_api"`
	HubProxyToken string `json:"hub_proxy_token"`
	HubProxy      string `json:"configurable_http_proxy"`
	// HubMajor is 0 for the newest Hub.
	HubMajor  int `json:"hub_major"`
	MaxStarts int `json:"max_starts"`

	// Backend is "local" or "kubernetes". The fields below are for the latter.
	Backend    string `json:"backend"`
	Controller string `json:"controller"`
	Namespace  string `json:"namespace"`

	KerberosKeytab string `json:"kerberos_keytab"`

	kube  *kube
	realm *realm
	hub   HubInstallation
	inst  Installation
	users []string
}

func newLayout(ctx context.Context, inst Installation, cfg Config, dir string) (layout, error) {
	addresses, err := freeAddresses(ctx, 9)
	if err != nil {
		return layout{}, err
	}
	// The gateway requires 32 bytes.
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	l := layout{
		Directory: dir, Auth: cfg.Auth, MaxWorkers: cfg.MaxWorkers, MaxStarts: cfg.MaxStarts,
		GatewayAPI: addresses[0], GatewayProxy: addresses[1], GatewayPrefix: "/", Backend: "local",
		DatabaseKey: base64.URLEncoding.EncodeToString(key),
		inst:        inst, hub: cfg.Hub, users: cfg.Users,
	}
	if cfg.apiserver != "" {
		l.Backend, l.Namespace, l.Controller = "kubernetes", namespace, addresses[5]
		l.kube = newKube(cfg.apiserver, dir, addresses[6:])
		// This gateway does not start a proxy.
		l.GatewayProxy = l.GatewayAPI
	}
	if cfg.Auth == Kerberos {
		l.realm = newRealm(*cfg.kerberos, dir, addresses[5])
		l.KerberosKeytab = l.realm.file("gateway.keytab")
		return l, nil
	}
	if cfg.Auth == Basic {
		l.Password = rand.Text()
		return l, nil
	}
	l.GatewayPrefix = "/services/dask-gateway"
	l.GatewayToken, l.AdminToken, l.HubProxyToken = rand.Text(), rand.Text(), rand.Text()
	l.HubMajor = cfg.Hub.major
	l.HubURL = "http://" + addresses[2] + "/"
	l.HubAPI = "http://" + addresses[3]
	l.HubProxyAPI = "http://" + addresses[4]
	l.HubProxy = inst.configurableHTTPProxy()
	return l, nil
}

// write creates the folder with the configuration files and the files that they read.
func (l layout) write() error {
	for _, name := range []string{"clusters", "home", "tmp"} {
		if err := os.MkdirAll(filepath.Join(l.Directory, name), 0o700); err != nil {
			return err
		}
	}
	// A Hub or a gateway that finds process IDs of an earlier one may send signals to
	// unrelated processes that have these IDs now.
	for _, name := range []string{"hub.sqlite", "gateway.sqlite", "proxy.pid", "hub.log", "gateway.log"} {
		if err := os.Remove(filepath.Join(l.Directory, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if l.kube != nil {
		if err := l.kube.write(); err != nil {
			return err
		}
	}
	if l.realm != nil {
		if err := l.realm.write(); err != nil {
			return err
		}
	}
	for _, name := range []string{"gateway_config.py", "hub_config.py", "kubelet.py"} {
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

// servers returns the processes to start. JupyterHub and the gateway start their proxies
// themselves.
func (l layout) servers() []server {
	environment := l.inst.environment(l.Directory)
	environment["PC_SERVERS_PARAMETERS"] = l.parametersFile()
	bin := filepath.Dir(l.inst.python())
	servers := []server{{
		Name:        "gateway",
		Command:     []string{filepath.Join(bin, "dask-gateway-server"), "-f", filepath.Join(l.Directory, "gateway_config.py")},
		Environment: environment,
		// Its schedulers and workers keep running after it exits.
		With: "dask-gateway-proxy",
	}}
	if l.kube != nil {
		return l.kube.servers(l, servers[0])
	}
	if l.realm != nil {
		maps.Copy(environment, l.realm.variables())
		return append(servers, l.realm.server())
	}
	if l.Auth == JupyterHub {
		hubEnvironment := environment
		if l.hub.major > 0 {
			bin = l.hub.bin()
			// The servers of its users are child processes.
			hubEnvironment = maps.Clone(environment)
			hubEnvironment["PATH"] = bin + string(os.PathListSeparator) + environment["PATH"]
		}
		servers = append(servers, server{
			Name:        "hub",
			Command:     []string{filepath.Join(bin, "jupyterhub"), "-f", filepath.Join(l.Directory, "hub_config.py")},
			Environment: hubEnvironment,
			With:        "configurable-http-proxy",
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
		user:         l.users[0],
		users:        l.users,
		kube:         l.kube,
		realm:        l.realm,
		tokens:       map[string]string{},
	}
	if l.HubURL != "" {
		s.GatewayURL = l.HubURL + "services/dask-gateway/"
	}
	return s
}
