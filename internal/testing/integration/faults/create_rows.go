// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentCreate = "A cluster is created"

	promiseNotRepeated = "The provider does not repeat the request. The error says that probably nothing was created, and how to check."
	promiseTooLate     = "The provider leaves it alone, because it started too late. The error names it."
)

// createRows are creates that the gateway has not carried out, or has rejected.
func createRows() []Row {
	return append(otherClientRows(), []Row{
		{
			Moment: momentCreate, Fault: "The connection closes before the gateway has read the request.",
			Promise: promiseNotRepeated,
			Break:   failRequests(http.MethodPost, clustersPath, droppedBeforeHandling),
			Want:    Want{Exit: 1, Output: []string{"Most likely nothing was made", "pc_clusters"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The Hub's proxy returns 503: the gateway is down.",
			Promise: promiseNotRepeated,
			Break:   failRequests(http.MethodPost, clustersPath, gatewayDown),
			Want:    Want{Exit: 1, Output: []string{"Service Unavailable", "Most likely nothing was made"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 500 and creates nothing.",
			Promise: "The error says that no new cluster was found.",
			Break:   failRequests(http.MethodPost, clustersPath, internalError),
			Want:    Want{Exit: 1, Output: []string{"It is not known whether the cluster was created", "no new cluster was seen"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The server returns 429 with `Retry-After`.",
			Promise: promiseRateLimited,
			Break:   failRequests(http.MethodPost, clustersPath, repeated(2, rateLimited)),
			Want:    Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 3}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 429 every time.",
			Promise: "The create fails after `max_retries` retries, without a cluster.", Provider: "max_retries = 3",
			Break: failRequests(http.MethodPost, clustersPath, repeated(everyTime, mockserver.Fault{Status: http.StatusTooManyRequests})),
			Want:  Want{Exit: 1, Output: []string{"-parallelism"}, Requests: map[string]int{"POST " + clustersPath: 4}},
		},
		{
			Moment: momentCreate, Fault: "The gateway rejects the options with 422.",
			Promise: "The error is on `options` and has the gateway's message.",
			Break:   failRequests(http.MethodPost, clustersPath, refusal(http.StatusUnprocessableEntity, "the image is not allowed")),
			Want:    Want{Exit: 1, Output: []string{"The gateway refused the cluster options", "the image is not allowed"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The server returns 403.",
			Promise: promiseForbidden,
			Break:   failRequests(http.MethodPost, clustersPath, refusal(http.StatusForbidden, "no clusters for you")),
			Want:    Want{Exit: 1, Output: []string{"no clusters for you", "do not allow this"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 500 because of the token.",
			Promise: promiseRejected,
			Break:   failRequests(http.MethodPost, clustersPath, badToken),
			Want:    Want{Exit: 1, Output: []string{"api_token in the provider block", "/hub/token"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The server redirects to a login page.",
			Promise: promiseSignIn,
			Break:   failRequests(http.MethodPost, clustersPath, signInRedirect),
			Want:    Want{Exit: 1, Output: []string{"follows no redirect"}, Requests: map[string]int{"POST " + clustersPath: 1, "* /hub/login": 0}},
		},
		{
			Moment: momentCreate, Fault: "The gateway is down for every request.",
			Promise: "The plan warns that it could not check the options. The create is sent once, and the error says that its result is unknown.",
			Break:   failRequests("", "", repeated(everyTime, gatewayDown)),
			Want:    Want{Exit: 1, Output: []string{"503", "Warning: Could not check the cluster options", "It is not known whether the cluster was created"}, Requests: map[string]int{"POST *": 1}},
		},
		{
			Moment: momentCreate, Fault: "The server is down for a while.",
			Promise: promiseRetried,
			Break:   failRequests(http.MethodGet, optionsPath, repeated(3, gatewayDown)),
			Want:    Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "You press Ctrl-C during a create.",
			Variant: "just before the gateway creates the cluster", Promise: promiseAwaited,
			Break:  inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, failRequests(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 200 * time.Millisecond})),
			During: interruptAfter(http.MethodPost, clustersPath),
			Want:   Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "You press Ctrl-C, and the response is lost.",
			Promise: promiseLookedFor,
			Break:   inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, failRequests(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 10 * time.Second})),
			During:  interruptAfter(http.MethodPost, clustersPath),
			Want:    Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
	}...)
}

// otherClientRows are creates that never arrive, while another client creates a
// cluster with the same options for the same user a little later.
func otherClientRows() []Row {
	want := Want{
		Exit: 1, Output: []string{"Most likely nothing was made", "started later", "terraform import", "stop_cluster"},
		Requests: map[string]int{"POST " + clustersPath: 1, "DELETE *": 0},
	}
	rows := []Row{{
		Fault:   "A killed apply left an equal cluster that no state contains.",
		Promise: "The provider leaves it alone. A warning names it, with the commands to import or stop it.",
		Break:   func(w *World) { w.AddOtherCluster(nil) },
		Want:    Want{Output: []string{"Clusters with the same options already run", "stop_cluster"}, State: []string{clusterAddress}, Created: 1, Running: 1},
	}, {
		Fault: "A proxy has no route for a while and returns its own 404 or 502.", Promise: promiseRouteAwaited,
		Break: failRequests(http.MethodGet, optionsPath, repeated(8, noRoute)),
		Want:  Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
	}}
	const fault = "A proxy drops the request and returns 502. 0.3 to 9 s later another client creates an equal cluster."
	for _, offset := range []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second} {
		rows = append(rows, Row{
			Fault: fault, Variant: offset.String(), Promise: promiseTooLate, Break: otherClusterAfter(offset, 1), Want: want,
		})
	}
	for _, offset := range []time.Duration{3 * time.Second, 6 * time.Second, 9 * time.Second} {
		rows = append(rows, Row{
			Fault: fault, Variant: offset.String() + ", Kubernetes", Promise: promiseTooLate, Mock: kubernetes(0), Break: otherClusterAfter(offset, 2), Want: want,
		})
	}
	for i := range rows {
		rows[i].Moment = momentCreate
	}
	return rows
}

// otherClusterAfter lets a create fail that does not arrive. Another client creates a
// cluster so long after that, during the provider's first or second lookup, which
// does not list it yet.
func otherClusterAfter(offset time.Duration, lookup int) func(*World) {
	return func(w *World) {
		notForwarded := mockserver.RequestNotForwarded()
		notForwarded.BeforeRequest = func() {
			failedAt := w.Clock.Now()
			if lookup > 1 {
				failRequests(http.MethodGet, clustersPath, repeated(lookup-1, mockserver.Fault{}))(w)
			}
			failRequests(http.MethodGet, clustersPath, mockserver.Fault{BeforeResponse: func() {
				w.Clock.Advance(failedAt.Add(offset).Sub(w.Clock.Now()))
				w.AddOtherCluster(nil)
			}})(w)
		}
		failRequests(http.MethodPost, clustersPath, notForwarded)(w)
	}
}
