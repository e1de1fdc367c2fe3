// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Adaptive configures adaptive scaling. A nil Minimum is 0; a nil Maximum is as many as
// the gateway allows. If Active is false, adaptive scaling is switched off and the
// workers stay as they are.
type Adaptive struct {
	Minimum *int64 `json:"minimum"`
	Maximum *int64 `json:"maximum"`
	Active  bool   `json:"active"`
}

// Scaling is the gateway's response to a change of the workers.
type Scaling struct {
	// IsWithinLimit is false if the request exceeded a limit and the gateway applied
	// the limit instead. The status is 200 all the same.
	IsWithinLimit bool
	// Message is the gateway's explanation.
	Message string
	// Granted is the limit of workers in the message; nil if it contains none.
	Granted *int64
}

// workerLimit matches the limit in the messages that report it (dask_gateway_server
// 2026.3.0, routes.py).
var workerLimit = lazy.Regexp(`resource limit of (\d{1,9}) workers`)

func grantedWorkers(message string) *int64 {
	found := workerLimit().FindStringSubmatch(message)
	if found == nil {
		return nil
	}
	granted, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return nil
	}
	return &granted
}

// Scale sets a fixed number of workers and ends adaptive scaling: POST
// /api/v1/clusters/NAME/scale. A 409 means that the gateway could not reach the
// scheduler; the gateway then stops the cluster.
func (c *Client) Scale(ctx context.Context, name string, count int64) (Scaling, error) {
	return c.changeWorkers(ctx, name, "scale", map[string]int64{"count": count})
}

// Adapt sets the bounds of adaptive scaling: POST /api/v1/clusters/NAME/adapt. The server
// does not check them; the caller must ensure 0 <= minimum <= maximum.
func (c *Client) Adapt(ctx context.Context, name string, bounds Adaptive) (Scaling, error) {
	return c.changeWorkers(ctx, name, "adapt", bounds)
}

// changeWorkers repeats the request during an outage and while the gateway does not
// find the cluster: a Kubernetes gateway reads from caches, and a new cluster reaches
// each replica's cache at a different time. If the cluster has ended, the error is an
// *EndedError; if it no longer exists, the error is the gateway's 404.
func (c *Client) changeWorkers(ctx context.Context, name, endpoint string, body any) (Scaling, error) {
	if err := validateName(name); err != nil {
		return Scaling{}, err
	}
	c.directory.Changed(name)
	began := c.clock.Now()
	return poll.Until(ctx, c.clock, waitPolicy(2*time.Second), func(ctx context.Context) (Scaling, bool, error) {
		scaling, err := c.postScaling(ctx, name, endpoint, body)
		if !IsNotFound(err) || c.clock.Now().Sub(began) >= notFoundGracePeriod {
			return scaling, true, err
		}
		cluster, absence, getErr := c.confirmAbsence(ctx, name)
		switch {
		case getErr != nil:
			return Scaling{}, false, getErr
		case absence == nil:
			return Scaling{}, false, nil
		case cluster.Status.IsFinal():
			return Scaling{}, false, &EndedError{Cluster: cluster}
		default:
			return Scaling{}, false, err
		}
	})
}

func (c *Client) postScaling(ctx context.Context, name, endpoint string, body any) (Scaling, error) {
	response, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodPost, Path: append(clustersPath(name), endpoint), Body: body, IsRetryable: true, Want: "the response to " + endpoint,
	}, func(response wireScaling) string {
		return invalidIf(response.OK == nil, "the response to "+endpoint+" has no ok")
	})
	if err != nil {
		return Scaling{}, err
	}
	scaling := Scaling{IsWithinLimit: *response.OK}
	if response.Msg != nil {
		scaling.Granted = grantedWorkers(*response.Msg)
		scaling.Message = c.transport.Printable(*response.Msg)
	}
	return scaling, nil
}

type wireScaling struct {
	OK  *bool   `json:"ok"`
	Msg *string `json:"msg"`
}

// Workers counts the workers that have joined the scheduler, from the scheduler's own
// dashboard: GET /clusters/NAME/json/counts.json. The request has no credentials,
// because code of the cluster's user runs there.
func (c *Client) Workers(ctx context.Context, name string) (int64, error) {
	if err := validateName(name); err != nil {
		return 0, err
	}
	counts, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"clusters", name, "json", "counts.json"}, IsAnonymous: true, IsRetryable: true, Want: "the scheduler's counts",
	}, func(response wireCounts) string {
		return invalidIf(response.Workers == nil || *response.Workers < 0, "the response contains no count of workers")
	})
	if err != nil {
		return 0, err
	}
	return *counts.Workers, nil
}

type wireCounts struct {
	Workers *int64 `json:"workers"`
}
