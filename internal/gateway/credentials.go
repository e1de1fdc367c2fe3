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

// Credentials are a running cluster with what a client of its scheduler needs:
// a certificate, which is also the authority that signed the scheduler's, and
// its key, both PEM (dask_gateway_server/tls.py).
type Credentials struct {
	Cluster

	TLSCert, TLSKey secret.String
}

// AbsentError is a cluster that is gone.
type AbsentError struct{ Name string }

// Error names the cluster.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("the gateway knows no cluster %s", e.Name)
}

type wireCredentials struct {
	wireCluster

	TLSCert string `json:"tls_cert"`
	TLSKey  string `json:"tls_key"`
}

// objection says what is wrong with the cluster, or that it runs without
// credentials, or "".
func (w wireCredentials) invalidReason() string {
	if objection := w.wireCluster.invalidReason(); objection != "" {
		return objection
	}
	return invalidIf(w.Status == StatusRunning && (!isPEM(w.TLSCert) || !isPEM(w.TLSKey)),
		fmt.Sprintf("the cluster %s runs, and the answer holds no certificate or no key of it", w.Name))
}

func isPEM(text string) bool { return strings.HasPrefix(text, "-----BEGIN ") }

// GetCredentials reads one cluster with its key: GET /api/v1/clusters/NAME. The
// gateway tells the key only while the cluster runs; before and after,
// certificate and key are empty.
func (c *Client) GetCredentials(ctx context.Context, name string) (Credentials, error) {
	if err := validateName(name); err != nil {
		return Credentials{}, err
	}
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: clustersPath(name), Retryable: true, Want: "the cluster",
	}, func(answer wireCredentials) string {
		return invalidIf(answer.Name != name, fmt.Sprintf("the answer is about the cluster %q", answer.Name))
	}, wireCredentials.invalidReason)
	if err != nil {
		return Credentials{}, err
	}
	c.creates.recordSeen(name)
	return Credentials{Cluster: wire.cluster(), TLSCert: secret.New(wire.TLSCert), TLSKey: secret.New(wire.TLSKey)}, nil
}

// AwaitCredentials waits until the cluster runs, and returns its credentials;
// one that runs already costs one request. A cluster that is gone is an
// *AbsentError, one that ends an *EndedError, the context's deadline a
// *TimeoutError.
func (c *Client) AwaitCredentials(ctx context.Context, name string) (Credentials, error) {
	w := c.newWait()
	for {
		found, err := c.GetCredentials(ctx, name)
		switch {
		case err == nil && found.Status == StatusRunning:
			return found, nil
		case err == nil:
			w.record(found.Cluster)
			err = c.waitUntilRunning(ctx, found.Cluster)
		case IsNotFound(err):
			err = c.waitUntilListed(ctx, name)
		case w.tolerates(ctx, err):
			err = nil
		}
		if err == nil {
			// The cluster runs now, or is there after all, or the fault passes.
			err = w.pauseUpTo(ctx, 5*time.Second)
		}
		if err != nil {
			return Credentials{}, w.asTimeout(err)
		}
	}
}

// beRunning waits for a cluster that starts.
func (c *Client) waitUntilRunning(ctx context.Context, cluster Cluster) error {
	if cluster.Status != StatusPending {
		return &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
	}
	_, err := c.AwaitRunning(ctx, cluster.Name)
	return err
}

// beThere confirms that a cluster is gone after a 404, and returns nil if it is
// not.
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
