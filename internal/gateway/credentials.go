// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Credentials are a running cluster with what a client of its scheduler needs: a
// certificate, which is also the authority that signed the scheduler's, and its key.
// Both are PEM (dask_gateway_server/tls.py).
type Credentials struct {
	Cluster

	TLSCert, TLSKey secret.String
}

// AbsentError is a cluster that no longer exists.
type AbsentError struct{ Name string }

// Error contains the cluster's name.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("the gateway does not find the cluster %s", e.Name)
}

type wireCredentials struct {
	wireCluster

	TLSCert string `json:"tls_cert"`
	TLSKey  string `json:"tls_key"`
}

// invalidReason returns why the cluster is invalid, or that it runs without credentials,
// or "".
func (w wireCredentials) invalidReason() string {
	if reason := w.wireCluster.invalidReason(); reason != "" {
		return reason
	}
	return invalidIf(w.Status == StatusRunning && (!isPEM(w.TLSCert) || !isPEM(w.TLSKey)),
		fmt.Sprintf("the cluster %s is running, but the response contains no certificate or no key", w.Name))
}

func isPEM(text string) bool { return strings.HasPrefix(text, "-----BEGIN ") }

// GetCredentials reads one cluster with its key: GET /api/v1/clusters/NAME. The gateway
// returns the key only while the cluster runs. Before and after that, certificate and
// key are empty.
func (c *Client) GetCredentials(ctx context.Context, name string) (Credentials, error) {
	if err := validateName(name); err != nil {
		return Credentials{}, err
	}
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: clustersPath(name), IsRetryable: true, Want: "the cluster",
	}, func(response wireCredentials) string {
		return invalidIf(response.Name != name, fmt.Sprintf("the response is about the cluster %q", response.Name))
	}, wireCredentials.invalidReason)
	if err != nil {
		return Credentials{}, err
	}
	c.creates.recordSeen(name)
	return Credentials{Cluster: wire.cluster(), TLSCert: secret.New(wire.TLSCert), TLSKey: secret.New(wire.TLSKey)}, nil
}

// AwaitCredentials waits until the cluster runs and returns its credentials. A
// running cluster costs one request. If the cluster no longer exists, the error is
// an *AbsentError; if it ends, an *EndedError; at the context's deadline, a
// *TimeoutError.
func (c *Client) AwaitCredentials(ctx context.Context, name string) (Credentials, error) {
	last := Status("unknown")
	return waitFor(ctx, c, waitPolicy(5*time.Second), &last, func(ctx context.Context) (Credentials, bool, error) {
		credentials, err := c.GetCredentials(ctx, name)
		switch {
		case IsNotFound(err):
			return Credentials{}, false, c.waitUntilListed(ctx, name)
		case err != nil:
			return Credentials{}, false, err
		}
		last = credentials.Status
		if last == StatusRunning {
			return credentials, true, nil
		}
		return Credentials{}, false, c.waitUntilRunning(ctx, credentials.Cluster)
	})
}

// waitUntilRunning waits for a cluster that starts.
func (c *Client) waitUntilRunning(ctx context.Context, cluster Cluster) error {
	if cluster.Status != StatusPending {
		return &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
	}
	_, err := c.AwaitRunning(ctx, cluster.Name)
	return err
}

// waitUntilListed returns nil if the gateway finds the cluster after a 404, else an
// error that reports whether the cluster has ended or no longer exists.
func (c *Client) waitUntilListed(ctx context.Context, name string) error {
	_, absence, err := c.confirmAbsence(ctx, name)
	if absence == nil {
		return err
	}
	if cluster, ended := absence.Ended(); ended {
		return &EndedError{Cluster: cluster}
	}
	return &AbsentError{Name: name}
}
