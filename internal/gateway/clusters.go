// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package gateway is a client of the Dask Gateway API. It has one method for each
// endpoint, and methods that wait, retry and confirm, because the gateway is
// eventually consistent and behind two proxies. It does not depend on Terraform.
package gateway

import (
	"context"
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

// longPollTimeout is the deadline of one ?wait request. The server holds it for 20 s
// (routes.py), and proxies add some time.
const longPollTimeout = 45 * time.Second

// Config configures a Client.
type Config struct {
	Transport *transport.Client
	Addresses Addresses
	Clock     clock.Clock
}

// Client is a client of one gateway for one user. It is safe for concurrent use. All
// callers share what it has read: the declared options and its own clusters.
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
	cache         *cacheTracker

	interruptedCreateTimeout time.Duration
}

// New returns a Client. It sends no request.
func New(cfg Config) *Client {
	c := &Client{
		transport: cfg.Transport, addresses: cfg.Addresses, clock: clock.OrReal(cfg.Clock), creates: newCreateTracker(), cache: newCacheTracker(),
		interruptedCreateTimeout: transport.InterruptedCreateTimeout,
	}
	c.creates.declared = func() []Option {
		declared, _ := c.options.Peek()
		return declared
	}
	c.directory = share.NewDirectory(c.clock, func(ctx context.Context) (map[string]Cluster, error) { return c.ListClusters(ctx) })
	return c
}

// HideSecrets masks texts in everything that the client reports from now on.
func (c *Client) HideSecrets(secrets ...string) { c.transport.HideSecrets(secrets...) }

// IsCredentialFailure reports whether a gateway rejected the credentials: with 401, or
// with 500 and one of two messages. The gateway sends them for a Hub token that is
// wrong, expired or revoked (auth.py since 2025.4.0), and for a Kerberos ticket that
// it cannot read.
func IsCredentialFailure(status int, message string) bool {
	return status == http.StatusUnauthorized || status == http.StatusInternalServerError &&
		(strings.HasPrefix(message, "Permission failure verifying user's JupyterHub API token") || strings.HasPrefix(message, "Error during kerberos authentication"))
}

// Status is the status of a cluster.
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

// IsFinal reports whether the cluster has ended. A final status does not change.
func (s Status) IsFinal() bool { return s == StatusStopped || s == StatusFailed }

func (s Status) isActive() bool { return s == StatusPending || s == StatusRunning }

// maxNameLength is far longer than the names of all backends, and fits into a path.
const maxNameLength = 512

// IsValidName reports whether a cluster can have this name. Names are 32 hexadecimal
// digits, on Kubernetes after a namespace and a dot (backends/base.py,
// k8s/backend.py). IsValidName rejects only what no backend creates and what could
// change the meaning of a URL: all but the unreserved characters of RFC 3986, and the
// elements "." and "..".
func IsValidName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > maxNameLength {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
	})
}

// validateName keeps invalid names, which may come from a state or an argument, out of
// the paths of requests.
func validateName(name string) error {
	if IsValidName(name) {
		return nil
	}
	return fmt.Errorf("%.80q is not the name of a cluster", name)
}

// Cluster is one cluster. It lacks the TLS key that the response also contains: what is
// never decoded cannot leak.
type Cluster struct {
	Name   string
	Status Status
	// DashboardRoute is relative to the gateway's address; "" unless the cluster runs.
	DashboardRoute string
	// StartTime is when the gateway created the cluster, StopTime when the cluster
	// ended. They are zero until then, and in whole seconds on Kubernetes.
	StartTime, StopTime time.Time
	// Options are all options in effect, with numbers as json.Number.
	Options map[string]any
}

// CreateCluster requests a cluster and returns its name: POST /api/v1/clusters/. It
// is never repeated once it may have arrived; Create handles that case. Options that
// are left out get the gateway's defaults. Errors mask the secrets, which are texts
// in the options.
func (c *Client) CreateCluster(ctx context.Context, options map[string]any, secrets ...string) (string, error) {
	if options == nil {
		options = map[string]any{}
	}
	created, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodPost,
		Path:   clustersPath(""),
		Body:   map[string]any{"cluster_options": options}, Secrets: secrets,
		Want: "the name of the new cluster",
	}, func(response wireCreated) string {
		return invalidIf(!IsValidName(response.Name), fmt.Sprintf("%q is not the name of a cluster", response.Name))
	})
	return created.Name, err
}

// GetCluster reads one cluster: GET /api/v1/clusters/NAME. If the gateway does not find
// the name, IsNotFound(err) is true. This does not yet prove that the cluster no
// longer exists: see GetOrConfirmAbsence.
func (c *Client) GetCluster(ctx context.Context, name string) (Cluster, error) {
	return c.getCluster(ctx, name, transport.Request{})
}

// WaitCluster reads one cluster when it is no longer PENDING, or after 20 s: GET
// /api/v1/clusters/NAME?wait. If no more connections may be held, it reads the cluster
// at once.
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

// optionsMember is the member of a cluster with all of its options.
const optionsMember = "options"

func (c *Client) getCluster(ctx context.Context, name string, r transport.Request) (Cluster, error) {
	if err := validateName(name); err != nil {
		return Cluster{}, err
	}
	r.Method, r.Path, r.IsRetryable, r.Want = http.MethodGet, clustersPath(name), true, "the cluster"
	// The response contains the options of the cluster, and does not show which of them
	// are write-only.
	r.ConfidentialMember = optionsMember
	wire, err := transport.Call(ctx, c.transport, r, func(response wireCluster) string {
		return invalidIf(response.Name != name, fmt.Sprintf("the response is about the cluster %q", response.Name))
	}, wireCluster.invalidReason)
	if err != nil {
		return Cluster{}, err
	}
	c.creates.recordSeen(name)
	return wire.cluster(), nil
}

// ListClusters lists the user's own clusters by name: GET /api/v1/clusters/. Without
// statuses those are the PENDING and RUNNING ones. The response is decoded as it
// arrives.
func (c *Client) ListClusters(ctx context.Context, statuses ...Status) (map[string]Cluster, error) {
	clusters, _, err := c.listClusters(ctx, statuses...)
	return clusters, err
}

// listClusters also returns the response, which has the time of the server's clock.
func (c *Client) listClusters(ctx context.Context, statuses ...Status) (map[string]Cluster, transport.Response, error) {
	var clusters map[string]Cluster
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: clustersPath(""), Query: statusQuery(statuses), IsRetryable: true, Want: "the list of clusters", ConfidentialMember: optionsMember,
		Decode: func(body io.Reader) error {
			decoded, err := decodeClusters(body)
			clusters = decoded
			return err
		},
	})
	if err != nil {
		return nil, transport.Response{}, err
	}
	c.cache.recordProcess(response.Header)
	for name := range clusters {
		c.creates.recordSeen(name)
	}
	return clusters, *response, nil
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

// StopCluster requests the end of a cluster: DELETE /api/v1/clusters/NAME. The
// gateway returns 204 in every state, and for names that it does not find. Success
// proves nothing: see AwaitStopped.
func (c *Client) StopCluster(ctx context.Context, name string) error {
	if err := validateName(name); err != nil {
		return err
	}
	c.directory.Changed(name)
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodDelete, Path: clustersPath(name), IsRetryable: true})
	return err
}

// IsNotFound reports whether the gateway itself responded that it does not find the
// cluster: a JSON 404 with exactly this error. Any other 404 comes from a proxy.
func IsNotFound(err error) bool {
	failure, isNotFound := transport.APIError(err, http.StatusNotFound)
	return isNotFound && strings.HasPrefix(failure.RawMessage(), "Cluster ") && strings.HasSuffix(failure.RawMessage(), " not found")
}

// clustersPath ends in a slash for the collection. Without the slash the gateway
// returns 404.
func clustersPath(name string) []string { return []string{"api", "v1", "clusters", name} }
