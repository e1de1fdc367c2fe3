// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command kube-apiserver runs Kubernetes' API server in the version that this module
// pins. With the arguments "etcd FILE" it runs the API server's database instead, which
// the YAML file configures.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "etcd" {
		fmt.Fprintln(os.Stderr, etcd(os.Args[2]))
		os.Exit(1)
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

// etcd runs until it fails or the process is killed.
func etcd(file string) error {
	config, err := embed.ConfigFromFile(file)
	if err != nil {
		return fmt.Errorf("configure etcd: %w", err)
	}
	server, err := embed.StartEtcd(config)
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	defer server.Close()
	return <-server.Err()
}
