// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package gateway is a client of the Dask Gateway API: one method for each
// endpoint, and what has to be done around them because a gateway behind two
// proxies is eventually consistent. It knows nothing of Terraform.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// longPoll is the deadline of one ?wait request: the server holds it for 20 s
// (routes.py), and proxies take their time.
const longPollTimeout = 45 * time.Second

// Config is what a Client needs.
type Config struct {
	Transport *transport.Client
	Addresses Addresses
	Clock     clock.Clock
}

// Client talks to one gateway as one user. It is safe for concurrent use, and
// what it learns (the declared options, its own clusters) is shared by all who
// use it.
type Client struct {
	transport *transport.Client
	addresses Addresses
	clock     clock.Clock
	options   share.Value[[]Option]
	existing  share.Value[existingClusters]
	creates   *createTracker
	directory *share.Directory[Cluster]
	// optionsOutage is set once a read of the options has failed for as long as
	// optionsTolerance.
	optionsOutage atomic.Bool
	// cacheFill is held by the caller that gives a cache the time to fill;
	// cacheFilledAt is when one last had it.
	cacheFill     chan struct{}
	cacheFilledAt time.Time

	interruptedCreateTimeout time.Duration
}

// New makes a Client. It sends nothing.
func New(cfg Config) *Client {
	c := &Client{
		transport: cfg.Transport, addresses: cfg.Addresses, clock: cfg.Clock, creates: newCreateTracker(), cacheFill: make(chan struct{}, 1),
		interruptedCreateTimeout: interruptedCreateTimeout,
	}
	if c.clock == nil {
		c.clock = clock.Real()
	}
	c.directory = share.NewDirectory(c.clock, func(ctx context.Context) (map[string]Cluster, error) { return c.ListClusters(ctx) })
	return c
}

// HideSecrets masks texts in everything that the client reports from now on.
func (c *Client) HideSecrets(secrets ...string) { c.transport.HideSecrets(secrets...) }

// IsCredentialFailure recognises how a gateway turns credentials down: 401, and
// a 500 with one of two texts: for a Hub token that is wrong, expired or revoked
// (auth.py since 2025.4.0), and for a Kerberos ticket that it cannot read.
func IsCredentialFailure(status int, words string) bool {
	return status == http.StatusUnauthorized || status == http.StatusInternalServerError &&
		(strings.HasPrefix(words, "Permission failure verifying user's JupyterHub API token") || strings.HasPrefix(words, "Error during kerberos authentication"))
}

// Status is what the gateway says of a cluster.
type Status string

// The statuses of dask_gateway_server/models.py. A cluster goes from PENDING to
// RUNNING, and through STOPPING, which the Kubernetes backend leaves out, to
// STOPPED or FAILED.
const (
	StatusPending  Status = "PENDING"
	StatusRunning  Status = "RUNNING"
	StatusStopping Status = "STOPPING"
	StatusStopped  Status = "STOPPED"
	StatusFailed   Status = "FAILED"
)

// Final says that the cluster has ended and will not change any more.
func (s Status) IsFinal() bool { return s == StatusStopped || s == StatusFailed }

// maxName is far above what any backend makes, and what fits into a path.
const maxNameLength = 512

// ValidName says whether a cluster may be called so: 32 hexadecimal digits, on
// Kubernetes with a namespace and a dot before them (backends/base.py,
// k8s/backend.py). What is refused is only what no backend makes and what could
// name something else as a part of a URL: anything but RFC 3986's unreserved
// characters, and the elements "." and "..".
func ValidName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > maxNameLength {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
	})
}

// checkName keeps a name that is none, from a state or an argument, out of the
// paths of requests.
func validateName(name string) error {
	if ValidName(name) {
		return nil
	}
	return fmt.Errorf("%.80q is not the name of a cluster", name)
}

// Cluster is one cluster, without the TLS key that the gateway's answer also
// holds: what is never decoded cannot leak.
type Cluster struct {
	Name   string
	Status Status
	// DashboardRoute is below the gateway's address; "" unless the cluster runs.
	DashboardRoute string
	// StartTime is when the gateway took the cluster on, StopTime when it
	// ended; zero for not yet. Kubernetes gateways know whole seconds only.
	StartTime, StopTime time.Time
	// Options are all options in effect, numbers as json.Number.
	Options map[string]any
}

// CreateCluster asks for a cluster and returns its name: POST
// /api/v1/clusters/. It is never repeated once it may have arrived; Create
// knows what to do then. Options that are left out get the gateway's defaults. The
// secrets are texts in the options that no error shows.
func (c *Client) CreateCluster(ctx context.Context, options map[string]any, secrets ...string) (string, error) {
	if options == nil {
		options = map[string]any{}
	}
	created, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodPost,
		Path:   clustersPath(""),
		Body:   map[string]any{"cluster_options": options}, Secrets: secrets,
		Want: "the name of the new cluster",
	}, func(answer wireCreated) string {
		return invalidIf(!ValidName(answer.Name), fmt.Sprintf("%q is not the name of a cluster", answer.Name))
	})
	return created.Name, err
}

// GetCluster reads one cluster: GET /api/v1/clusters/NAME. For a name that the
// gateway does not know IsNotFound(err) is true, which is not yet proof that
// the cluster is gone: see GetOrConfirmAbsence.
func (c *Client) GetCluster(ctx context.Context, name string) (Cluster, error) {
	return c.getCluster(ctx, name, transport.Request{})
}

// WaitCluster reads one cluster once it is no longer PENDING, or after 20 s:
// GET /api/v1/clusters/NAME?wait. Where as many wait already as the connections
// allow, it reads the cluster at once.
func (c *Client) WaitCluster(ctx context.Context, name string) (Cluster, error) {
	release, ok := c.transport.TryHold()
	if !ok {
		return c.GetCluster(ctx, name)
	}
	defer release()
	return c.pollCluster(ctx, name)
}

// pollCluster sends the long poll. The caller must hold a slot of TryHold.
func (c *Client) pollCluster(ctx context.Context, name string) (Cluster, error) {
	return c.getCluster(ctx, name, transport.Request{Query: "wait", Timeout: longPollTimeout})
}

func (c *Client) getCluster(ctx context.Context, name string, r transport.Request) (Cluster, error) {
	if err := validateName(name); err != nil {
		return Cluster{}, err
	}
	r.Method, r.Path, r.Retryable, r.Want = http.MethodGet, clustersPath(name), true, "the cluster"
	wire, err := transport.Call(ctx, c.transport, r, func(answer wireCluster) string {
		return invalidIf(answer.Name != name, fmt.Sprintf("the answer is about the cluster %q", answer.Name))
	}, wireCluster.invalidReason)
	if err != nil {
		return Cluster{}, err
	}
	c.creates.recordSeen(name)
	return wire.cluster(), nil
}

// ListClusters lists the user's own clusters by name: GET /api/v1/clusters/.
// Without statuses those are the PENDING and RUNNING ones. The answer is
// decoded as it arrives.
func (c *Client) ListClusters(ctx context.Context, statuses ...Status) (map[string]Cluster, error) {
	clusters, _, err := c.listClusters(ctx, statuses...)
	return clusters, err
}

// listClusters also returns the server's clock.
func (c *Client) listClusters(ctx context.Context, statuses ...Status) (map[string]Cluster, time.Time, error) {
	var clusters map[string]Cluster
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: clustersPath(""), Query: statusQuery(statuses), Retryable: true, Want: "the list of clusters",
		Decode: func(body io.Reader) error {
			decoded, err := decodeClusters(body)
			clusters = decoded
			return err
		},
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	for name := range clusters {
		c.creates.recordSeen(name)
	}
	return clusters, response.Date, nil
}

func statusQuery(statuses []Status) string {
	if len(statuses) == 0 {
		return ""
	}
	names := make([]string, 0, len(statuses))
	for _, status := range statuses {
		names = append(names, strings.ToLower(string(status)))
	}
	return "status=" + url.QueryEscape(strings.Join(names, ","))
}

// StopCluster asks for the end of a cluster: DELETE /api/v1/clusters/NAME. The
// gateway answers 204 in every state and for names that it does not know, so
// no error proves nothing: see AwaitStopped.
func (c *Client) StopCluster(ctx context.Context, name string) error {
	if err := validateName(name); err != nil {
		return err
	}
	c.directory.Changed(name)
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodDelete, Path: clustersPath(name), Retryable: true})
	return err
}

// IsNotFound says that the gateway itself answered that it does not know the
// cluster: JSON 404 with exactly this error. Any other 404 is a proxy's.
func IsNotFound(err error) bool {
	var failure *transport.Error
	return errors.As(err, &failure) && failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound && failure.JSONError &&
		strings.HasPrefix(failure.RawMessage(), "Cluster ") && strings.HasSuffix(failure.RawMessage(), " not found")
}

// clustersPath ends in a slash for the collection: without it the gateway
// answers 404.
func clustersPath(name string) []string { return []string{"api", "v1", "clusters", name} }
