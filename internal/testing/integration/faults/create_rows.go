// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const creating = "A cluster is created"

// createRows are creates that the gateway has not taken, or has plainly refused.
func createRows() []Row {
	return []Row{
		{
			Moment: creating, Fault: "The connection ends before the gateway has read the request.",
			Promise: "No second request is sent. The error says that most likely nothing was made, and where to look.",
			Break:   fails(http.MethodPost, clusters, dropped),
			Want:    Want{Exit: 1, Says: []string{"Most likely nothing was made", "pc_clusters"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The Hub's proxy answers 503, because the gateway is down.",
			Promise: "No second request is sent, since a proxy's 503 does not say whether the first arrived. The error says where to look.",
			Break:   fails(http.MethodPost, clusters, gatewayDown),
			Want:    Want{Exit: 1, Says: []string{"Service Unavailable", "Most likely nothing was made"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The gateway fails with 500 before it makes the cluster.",
			Promise: "The clusters are looked through; none is new, and the error says so.",
			Break:   fails(http.MethodPost, clusters, crash),
			Want:    Want{Exit: 1, Says: []string{"It is not known whether the cluster was created", "no new cluster was seen"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The gateway answers 429, with a Retry-After.",
			Promise: "The request is repeated after that time, because a rate limit takes nothing.",
			Break:   fails(http.MethodPost, clusters, times(2, busy)),
			Want:    Want{State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 3}},
		},
		{
			Moment: creating, Fault: "The gateway answers 429 again and again.",
			Promise: "After max_retries repetitions the error says so; nothing was made.", Provider: "max_retries = 3",
			Break: fails(http.MethodPost, clusters, times(always, mockserver.Fault{Status: http.StatusTooManyRequests})),
			Want:  Want{Exit: 1, Says: []string{"-parallelism"}, Requests: map[string]int{"POST " + clusters: 4}},
		},
		{
			Moment: creating, Fault: "The gateway refuses the options with 422.",
			Promise: "The error is on the argument `options` and has the gateway's words.",
			Break:   fails(http.MethodPost, clusters, refusal(http.StatusUnprocessableEntity, "the image is not allowed")),
			Want:    Want{Exit: 1, Says: []string{"The gateway refused the cluster options", "the image is not allowed"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The credentials do not allow it: 403.",
			Promise: "The error says what the server said; nothing is repeated.",
			Break:   fails(http.MethodPost, clusters, refusal(http.StatusForbidden, "no clusters for you")),
			Want:    Want{Exit: 1, Says: []string{"no clusters for you", "do not allow this"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The token is not accepted: the gateway's 500 that means 401.",
			Promise: "It is told from a failure, is not repeated, and the error names where the token came from.",
			Break:   fails(http.MethodPost, clusters, badToken),
			Want:    Want{Exit: 1, Says: []string{"api_token in the provider block", "/hub/token"}, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "The answer is a redirect to a login page.",
			Promise: "It is not followed; the error names the address as the likely cause.",
			Break:   fails(http.MethodPost, clusters, signIn),
			Want:    Want{Exit: 1, Says: []string{"follows no redirect"}, Requests: map[string]int{"POST " + clusters: 1, "* /hub/login": 0}},
		},
		{
			Moment: creating, Fault: "The gateway is down for all requests.",
			Promise: "The plan warns that the options could not be checked; the create is tried once, and the error says that it is not known what became of it.",
			Break:   fails("", "", times(always, gatewayDown)),
			Want:    Want{Exit: 1, Says: []string{"503", "Warning: The cluster options could not be checked", "It is not known whether the cluster was created"}, Requests: map[string]int{"POST *": 1}},
		},
		{
			Moment: creating, Fault: "The declared options cannot be read at first.",
			Promise: "The read is repeated; nothing else is noticed.",
			Break:   fails(http.MethodGet, options, times(3, gatewayDown)),
			Want:    Want{State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "Ctrl-C is pressed while the request is under way, and the gateway makes the cluster in the moment after.",
			Promise:   "The answer is awaited for half a second more, so that the cluster is in the state; the next apply replaces it.",
			Break:     all(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clusters, mockserver.Fault{ResponseDelay: 200 * time.Millisecond})),
			Meanwhile: interrupted(http.MethodPost, clusters),
			Want:      Want{Exit: 1, Says: []string{"interrupted"}, State: []string{tainted}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: creating, Fault: "Ctrl-C is pressed while the request is under way, and its answer is lost.",
			Promise:   "One quick look finds the new cluster, and it is in the state.",
			Break:     all(func(w *World) { w.Mock.SetStartsHeld(true) }, fails(http.MethodPost, clusters, mockserver.Fault{ResponseDelay: 10 * time.Second})),
			Meanwhile: interrupted(http.MethodPost, clusters),
			Want:      Want{Exit: 1, Says: []string{"interrupted"}, State: []string{tainted}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
	}
}
