// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const momentCreate = "A cluster is created"

// createRows are creates that the gateway has not carried out, or has rejected.
func createRows() []Row {
	return []Row{
		{
			Moment: momentCreate, Fault: "The connection closes before the gateway has read the request.",
			Promise: "The provider does not repeat the request. The error says that most likely no cluster was created, and how to check.",
			Break:   fails(http.MethodPost, clustersPath, droppedBeforeHandling),
			Want:    Want{Exit: 1, Output: []string{"Most likely nothing was made", "pc_clusters"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The Hub's proxy returns 503, because the gateway is down.",
			Promise: "The provider does not repeat the request, because a 503 from a proxy does not show whether the request arrived. The error says how to check.",
			Break:   fails(http.MethodPost, clustersPath, gatewayDown),
			Want:    Want{Exit: 1, Output: []string{"Service Unavailable", "Most likely nothing was made"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 500 before it creates the cluster.",
			Promise: "The provider lists the clusters and finds no new one. The error says so.",
			Break:   fails(http.MethodPost, clustersPath, internalError),
			Want:    Want{Exit: 1, Output: []string{"It is not known whether the cluster was created", "no new cluster was seen"}, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "The gateway returns 429 with a `Retry-After` header.",
			Promise: "The provider repeats the request after that time. A request rejected by a rate limit creates nothing.",
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
			Promise: "The provider recognises it as rejected credentials and does not repeat the request. The error names the setting that the token came from.",
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
			Promise: "The plan warns that it could not check the options. The provider sends the create once, and the error says that its result is unknown.",
			Break:   fails("", "", times(everyTime, gatewayDown)),
			Want:    Want{Exit: 1, Output: []string{"503", "Warning: The cluster options could not be checked", "It is not known whether the cluster was created"}, Requests: map[string]int{"POST *": 1}},
		},
		{
			Moment: momentCreate, Fault: "The first requests for the declared options fail.",
			Promise: "The provider retries them. Nothing else changes.",
			Break:   fails(http.MethodGet, optionsPath, times(3, gatewayDown)),
			Want:    Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "You press Ctrl-C while the request is in flight, and the gateway creates the cluster a moment later.",
			Promise: "The provider waits half a second longer for the response, so that the cluster is saved to the state. The next apply replaces it.",
			Break:   inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 200 * time.Millisecond})),
			During:  interruptAfter(http.MethodPost, clustersPath),
			Want:    Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreate, Fault: "You press Ctrl-C while the request is in flight, and the response is lost.",
			Promise: "The provider finds the new cluster with one quick lookup and saves it to the state.",
			Break:   inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 10 * time.Second})),
			During:  interruptAfter(http.MethodPost, clustersPath),
			Want:    Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
	}
}
