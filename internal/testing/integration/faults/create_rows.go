// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"fmt"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const momentCreate = "A cluster is created"

// createRows are creates that the gateway has not carried out, or has rejected.
func createRows() []Row {
	return append(otherClientRows(), []Row{
		{
			Moment: momentCreate, Fault: "The connection closes before the gateway has read the request.",
			Promise: "The provider does not repeat the request. Most likely no cluster was created; the error says how to check.",
			Break:   fails(http.MethodPost, clustersPath, droppedBeforeHandling),
			Want:    Want{Exit: 1, Output: []string{"Most likely nothing was made", "pc_clusters"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The Hub's proxy returns 503, because the gateway is down.",
			Promise: "The provider does not repeat the request, which may have arrived. The error says how to check.",
			Break:   fails(http.MethodPost, clustersPath, gatewayDown),
			Want:    Want{Exit: 1, Output: []string{"Service Unavailable", "Most likely nothing was made"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 500 before it creates the cluster.",
			Promise: "The provider lists the clusters and finds no new one. The error reports it.",
			Break:   fails(http.MethodPost, clustersPath, internalError),
			Want:    Want{Exit: 1, Output: []string{"It is not known whether the cluster was created", "no new cluster was seen"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 429 with a `Retry-After` header.",
			Promise: "The provider repeats the request after the response's `Retry-After`. A request rejected by a rate limit creates nothing.",
			Break:   fails(http.MethodPost, clustersPath, times(2, rateLimited)),
			Want:    Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 3}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 429 every time.",
			Promise: "After `max_retries` retries the create fails with an error. No cluster was created.", Provider: "max_retries = 3",
			Break: fails(http.MethodPost, clustersPath, times(everyTime, mockserver.Fault{Status: http.StatusTooManyRequests})),
			Want:  Want{Exit: 1, Output: []string{"-parallelism"}, Requests: map[string]int{"POST " + clustersPath: 4}},
		},
		{
			Moment: momentCreate, Fault: "The gateway rejects the options with 422.",
			Promise: "The error points to the argument `options` and includes the gateway's message.",
			Break:   fails(http.MethodPost, clustersPath, refusal(http.StatusUnprocessableEntity, "the image is not allowed")),
			Want:    Want{Exit: 1, Output: []string{"The gateway refused the cluster options", "the image is not allowed"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The credentials do not permit the request: 403.",
			Promise: "The error includes the server's message. The provider does not repeat the request.",
			Break:   fails(http.MethodPost, clustersPath, refusal(http.StatusForbidden, "no clusters for you")),
			Want:    Want{Exit: 1, Output: []string{"no clusters for you", "do not allow this"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway rejects the token with a 500 that means 401.",
			Promise: "The provider does not repeat the request. The error names the token's origin.",
			Break:   fails(http.MethodPost, clustersPath, badToken),
			Want:    Want{Exit: 1, Output: []string{"api_token in the provider block", "/hub/token"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The response is a redirect to a login page.",
			Promise: "The provider does not follow it. The error names the address as the likely cause.",
			Break:   fails(http.MethodPost, clustersPath, signInRedirect),
			Want:    Want{Exit: 1, Output: []string{"follows no redirect"}, Requests: map[string]int{"POST " + clustersPath: 1, "* /hub/login": 0}},
		},
		{
			Moment: momentCreate, Fault: "The gateway is down for every request.",
			Promise: "The plan warns that the options are unchecked. The create is sent once; the error says that its result is unknown.",
			Break:   fails("", "", times(everyTime, gatewayDown)),
			Want:    Want{Exit: 1, Output: []string{"503", "Warning: Could not check the cluster options", "It is not known whether the cluster was created"}, Requests: map[string]int{"POST *": 1}},
		},
		{
			Moment: momentCreate, Fault: "The first requests for the declared options fail.",
			Promise: "The provider retries them. Nothing else changes.",
			Break:   fails(http.MethodGet, optionsPath, times(3, gatewayDown)),
			Want:    Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "You press Ctrl-C just before the gateway creates the cluster.",
			Promise: "The provider waits for the response and saves the cluster to the state. The next apply replaces it.",
			Break:   inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 200 * time.Millisecond})),
			During:  interruptAfter(http.MethodPost, clustersPath),
			Want:    Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "You press Ctrl-C during the request, and the response is lost.",
			Promise: "The provider looks once for the new cluster and saves it to the state.",
			Break:   inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 10 * time.Second})),
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
		Fault:   "An earlier apply was killed before it wrote its state, and left a cluster with the same options.",
		Promise: "A warning names that cluster, with the commands to import or stop it. The provider leaves it alone.",
		Break:   func(w *World) { w.AddOtherCluster(nil) },
		Want:    Want{Output: []string{"Clusters with the same options already run", "stop_cluster"}, State: []string{clusterAddress}, Created: 1, Running: 1},
	}, {
		Fault: "The gateway restarts while the provider reads the declared options.", Promise: "The provider waits for the gateway.",
		Break: fails(http.MethodGet, optionsPath, times(8, noRoute)),
		Want:  Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
	}}
	fault := "A proxy returns 502 and drops the request. %s later another client creates a cluster with the same options for the same user."
	for _, offset := range []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second} {
		rows = append(rows, Row{
			Fault:   fmt.Sprintf(fault, offset),
			Promise: "That cluster started too late to be the provider's own. The error names it; the provider leaves it alone.",
			Break:   otherClusterAfter(offset, 1), Want: want,
		})
		fault = "As above, %s later."
	}
	for _, offset := range []time.Duration{3 * time.Second, 6 * time.Second, 9 * time.Second} {
		rows = append(rows, Row{
			Fault:   fmt.Sprintf("As above, %s later, with the Kubernetes backend.", offset),
			Promise: "As above.", Mock: kubernetes(0), Break: otherClusterAfter(offset, 2), Want: want,
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
				fails(http.MethodGet, clustersPath, times(lookup-1, mockserver.Fault{}))(w)
			}
			fails(http.MethodGet, clustersPath, mockserver.Fault{BeforeResponse: func() {
				w.Clock.Advance(failedAt.Add(offset).Sub(w.Clock.Now()))
				w.AddOtherCluster(nil)
			}})(w)
		}
		fails(http.MethodPost, clustersPath, notForwarded)(w)
	}
}
