// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Kubernetes is a stack whose gateway has the Kubernetes backend, as the Planetary
// Computer's had: a real API server with its database, the gateway and its controller.
// No pod runs. A substitute for the kubelet reports them as running, so that clusters
// go from PENDING to RUNNING. They have no scheduler to scale or to compute on, and no
// proxy.
//
// Kill and Restart accept the servers "gateway" and "controller".
type Kubernetes struct {
	*Stack
}

// StartKubernetes starts such a stack with the kube-apiserver that
// internal/tools/kube-apiserver builds. The gateway accepts any user name with the same
// password and has no path prefix.
func StartKubernetes(ctx context.Context, inst Installation, apiserver string, cfg Config) (*Kubernetes, error) {
	cfg.Auth, cfg.apiserver = Basic, apiserver
	stack, err := Start(ctx, inst, cfg)
	if err != nil {
		return nil, err
	}
	return &Kubernetes{Stack: stack}, nil
}

// SetWatchLag delays every change of a cluster on its way to the gateway. The controller
// sees changes at once.
func (k *Kubernetes) SetWatchLag(lag time.Duration) { k.kube.proxy.watchLag.Store(int64(lag)) }

// SetResponseLag delays the API server's responses to the gateway's POST requests from
// now on. During the delay the objects already exist.
func (k *Kubernetes) SetResponseLag(lag time.Duration) { k.kube.proxy.responseLag.Store(int64(lag)) }

// kube contains the parts of a Kubernetes stack other than the gateway.
type kube struct {
	apiserver  string
	dir        string
	etcd, peer string
	api        *kubeAPI
	proxy      *watchProxy
}

// newKube receives the addresses of etcd, of its peers (there are none) and of the API
// server.
func newKube(apiserver, dir string, addresses []string) *kube {
	return &kube{
		apiserver: apiserver, dir: dir, etcd: "http://" + addresses[0], peer: "http://" + addresses[1],
		api: &kubeAPI{
			url:         "https://" + addresses[2],
			token:       rand.Text(),
			certificate: filepath.Join(dir, "kube", "certificates", "apiserver.crt"),
		},
	}
}

func (k *kube) file(name string) string { return filepath.Join(k.dir, "kube", name) }

// write creates the files that etcd and the API server read.
func (k *kube) write() error {
	// Remove objects and certificates of an earlier stack in the same folder.
	if err := os.RemoveAll(filepath.Join(k.dir, "kube")); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(k.dir, "kube"), 0o700); err != nil {
		return err
	}
	database, err := json.Marshal(map[string]any{
		"name": "etcd", "data-dir": k.file("etcd"), "unsafe-no-fsync": true, "log-level": "error",
		"listen-client-urls": k.etcd, "advertise-client-urls": k.etcd,
		"listen-peer-urls": k.peer, "initial-advertise-peer-urls": k.peer, "initial-cluster": "etcd=" + k.peer,
	})
	if err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		// JSON is valid YAML.
		"etcd.yaml":           database,
		"service-account.key": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		"tokens.csv":          []byte(k.api.token + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(k.file(name), content, 0o600); err != nil {
			return err
		}
	}
	direct := kubeconfig(map[string]string{"server": k.api.url, "certificate-authority": k.api.certificate}, k.api.token)
	return os.WriteFile(k.file("direct.json"), direct, 0o600)
}

// kubeconfig returns the configuration of Kubernetes clients.
func kubeconfig(cluster map[string]string, token string) []byte {
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"clusters": []any{map[string]any{"name": "test", "cluster": cluster}},
		"users":    []any{map[string]any{"name": "test", "user": map[string]string{"token": token}}},
		"contexts": []any{map[string]any{"name": "test", "context": map[string]string{"cluster": "test", "user": "test"}}},
	})
	if err != nil {
		panic(err) // strings are always valid JSON
	}
	return text
}

// servers returns the servers of a Kubernetes stack, including the gateway's. bringUp
// starts those other than etcd and the API server.
func (k *kube) servers(l layout, gateway server) []server {
	_, port, _ := net.SplitHostPort(k.api.url[len("https://"):])
	environment := func(kubeconfig string) map[string]string {
		variables := map[string]string{"KUBECONFIG": k.file(kubeconfig)}
		maps.Copy(variables, gateway.Environment)
		return variables
	}
	controller, gatewayServer := gateway, gateway
	controller.Name, controller.Environment = "controller", environment("direct.json")
	controller.Command = append([]string{gateway.Command[0], "kube-controller"}, gateway.Command[1:]...)
	gatewayServer.Environment = environment("lagging.json")
	controller.Later, gatewayServer.Later = true, true
	return []server{
		{Name: "etcd", Command: []string{k.apiserver, "etcd", k.file("etcd.yaml")}, Environment: gateway.Environment},
		{Name: "apiserver", Environment: gateway.Environment, Command: []string{
			k.apiserver,
			"--etcd-servers=" + k.etcd, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + port,
			"--endpoint-reconciler-type=none", "--cert-dir=" + filepath.Dir(k.api.certificate),
			"--service-account-issuer=https://kubernetes.invalid", "--service-account-key-file=" + k.file("service-account.key"),
			"--service-account-signing-key-file=" + k.file("service-account.key"), "--token-auth-file=" + k.file("tokens.csv"),
			"--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24",
			// It requires a service account for each pod, which another server creates.
			"--disable-admission-plugins=ServiceAccount",
		}},
		{Name: "kubelet", Command: []string{l.inst.python(), filepath.Join(l.Directory, "kubelet.py")}, Environment: environment("direct.json"), Later: true},
		controller,
		gatewayServer,
	}
}

// bringUp prepares the API server and then starts the gateway and its controller.
func (k *kube) bringUp(ctx context.Context, s *supervisor) error {
	if err := k.api.connect(ctx); err != nil {
		return err
	}
	if err := k.api.prepare(ctx); err != nil {
		return err
	}
	var err error
	if k.proxy, err = newWatchProxy(context.WithoutCancel(ctx), k.api); err != nil {
		return fmt.Errorf("listen for the gateway's watches: %w", err)
	}
	lagging := kubeconfig(map[string]string{"server": k.proxy.url}, k.api.token)
	if err := os.WriteFile(k.file("lagging.json"), lagging, 0o600); err != nil {
		return err
	}
	for _, name := range []string{"kubelet", "controller", "gateway"} {
		if err := s.send("start", name); err != nil {
			return err
		}
	}
	return nil
}

func (k *kube) close() {
	if k.proxy != nil {
		k.proxy.close()
	}
}
