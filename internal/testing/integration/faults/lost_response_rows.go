// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentCreateResponseLost = "The response to a create is lost"

	promiseAdopted     = "The provider adopts the one new cluster with these options, by the gateway's clock, with a warning. It creates no second one."
	promiseEachAdopted = "Each create adopts one cluster. All six are in the state."
	promiseMayRun      = "The error warns that a cluster may run and cost money, and how to find and import it."
	promiseUndecided   = "The error lists both, with the commands to import or stop each."
)

// adoptedCluster is the result when the provider has found and adopted the
// cluster of a lost response.
func adoptedCluster() Want {
	return Want{Output: []string{"was taken over"}, State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}}
}

// lostResponseRows are creates that the gateway has carried out, and whose
// response is lost.
func lostResponseRows() []Row {
	loseResponse := failRequests(http.MethodPost, clustersPath, responseLost)
	rows := []Row{
		{
			Fault: "The connection is reset.", Promise: promiseAdopted, Break: loseResponse,
		},
		{Fault: "The response is cut off.", Variant: "in the status line", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, mockserver.Fault{Drop: mockserver.DropAtByte, ResponseBytes: 7})},
		{Fault: "The response is cut off.", Variant: "in the header", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, mockserver.Fault{Drop: mockserver.DropAtByte, ResponseBytes: 40})},
		{Fault: "The response is cut off.", Variant: "in the body", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, responseCutOff)},
		{
			Fault: "No response arrives within `request_timeout`.", Promise: promiseAdopted, Provider: "request_timeout = \"1s\"",
			Break: failRequests(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: time.Minute}),
		},
		{
			Fault: "The gateway reads the request only after that.", Promise: promiseAdopted,
			Provider: "request_timeout = \"1s\"", Break: requestReadLate(clustersPath),
		},
		{Fault: "A proxy returns 502, 503 or 504 instead.", Variant: "502", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, afterHandling(http.StatusBadGateway))},
		{Fault: "A proxy returns 502, 503 or 504 instead.", Variant: "503", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, afterHandling(http.StatusServiceUnavailable))},
		{Fault: "A proxy returns 502, 503 or 504 instead.", Variant: "504", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, afterHandling(http.StatusGatewayTimeout))},
		{Fault: "The gateway creates the cluster and returns 500.", Promise: promiseAdopted, Break: failRequests(http.MethodPost, clustersPath, afterHandling(http.StatusInternalServerError))},
		{
			Fault: "An HTML page arrives instead.", Promise: promiseAdopted,
			Break: failRequests(http.MethodPost, clustersPath, mockserver.Fault{HandleRequest: true, Status: http.StatusOK, ContentType: "text/html", Body: "<html>"}),
		},
		{
			Fault: "The cluster's name in the response is a path.", Promise: promiseAdopted,
			Break: failRequests(http.MethodPost, clustersPath, mockserver.Fault{HandleRequest: true, Status: http.StatusCreated, ContentType: "application/json", Body: `{"name": "../../clusters/x"}`}),
		},
		{
			Fault: "Clusters with other options run.", Promise: promiseAdopted,
			Break:  inOrder(func(w *World) { w.AddOtherCluster(nil) }, func(w *World) { w.AddOtherCluster(map[string]any{"gpu": true}) }, loseResponse),
			Config: clusterWith("options = { worker_cores = 2 }"),
		},
		{
			Fault: "Another user creates a cluster with these options.", Promise: "The gateway lists only your own clusters.",
			Break: inOrder(func(w *World) { w.Mock.AddCluster("bob", nil) }, loseResponse),
		},
		{Fault: "The gateway's clock is ten minutes ahead or behind.", Variant: "ahead", Promise: promiseAdopted, ClockSkew: 10 * time.Minute, Break: loseResponse},
		{Fault: "The gateway's clock is ten minutes ahead or behind.", Variant: "behind", Promise: promiseAdopted, ClockSkew: -10 * time.Minute, Break: loseResponse},
		{
			Fault: "A Kubernetes gateway's cache lists the cluster 5 s late.", Promise: promiseAdopted,
			Mock: kubernetes(5 * time.Second), Break: loseResponse,
		},
		{
			Fault: "The first listings fail, too.", Promise: promiseAdopted,
			Break: inOrder(loseResponse, failRequests(http.MethodGet, clustersPath, repeated(8, gatewayDown))),
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Want = momentCreateResponseLost, adoptedCluster()
	}
	return append(rows, ambiguousRows()...)
}

// ambiguousRows are lost responses of several creates at once, and cases in
// which the provider cannot decide which cluster is its own.
func ambiguousRows() []Row {
	loseResponse := failRequests(http.MethodPost, clustersPath, responseLost)
	sixClusters := "resource \"pc_dask_cluster\" \"test\" {\n  count = 6\n}\n"
	var sixAddresses, sixTaintedAddresses []string
	for i := range 6 {
		sixAddresses = append(sixAddresses, fmt.Sprintf("%s[%d]", clusterAddress, i))
		sixTaintedAddresses = append(sixTaintedAddresses, sixAddresses[i]+" (tainted)")
	}
	return []Row{
		{
			Moment: momentCreateResponseLost, Fault: "You create six equal clusters, and three responses are lost.",
			Promise: promiseEachAdopted,
			Config:  sixClusters, Break: failRequests(http.MethodPost, clustersPath, repeated(3, responseLost)),
			Want: Want{Output: []string{"was taken over"}, State: sixAddresses, Created: 6, Running: 6, Requests: map[string]int{"POST " + clustersPath: 6}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "You press Ctrl-C, and all six responses are lost.",
			Promise: promiseEachAdopted,
			Config:  sixClusters, Break: inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, untilAllArrive(6)), During: interruptAfter(http.MethodPost, clustersPath),
			Want: Want{Exit: 1, Output: []string{"interrupted"}, State: sixTaintedAddresses, Created: 6, Running: 6, Requests: map[string]int{"POST " + clustersPath: 6}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "You press Ctrl-C, and a Kubernetes gateway's cache does not list the cluster in time.",
			Promise: promiseMayRun,
			Mock:    kubernetes(time.Minute), Break: inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, untilAllArrive(1)), During: interruptAfter(http.MethodPost, clustersPath),
			Want: Want{Exit: 1, Output: []string{"A cluster may run and cost money", "pc_clusters"}, Created: 1, Running: 1, Unmanaged: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "You press Ctrl-C, and a Kubernetes gateway's cache lists the cluster 5 s late.",
			Promise: promiseLookedFor,
			Mock:    kubernetes(5 * time.Second), Break: inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, untilAllArrive(1)), During: interruptAfter(http.MethodPost, clustersPath),
			Want: Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "You press Ctrl-C during a create.",
			Variant: "more than a second before the response", Promise: promiseAwaited,
			Break:  inOrder(func(w *World) { w.Mock.SetStartsHeld(true) }, failRequests(http.MethodPost, clustersPath, mockserver.Fault{ResponseDelay: 1200 * time.Millisecond})),
			During: interruptAfter(http.MethodPost, clustersPath),
			Want:   Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "Another client creates an equal cluster at the same moment.",
			Promise: promiseUndecided,
			Break: func(w *World) {
				lostMeanwhile := responseLost
				lostMeanwhile.BeforeRequest = func() { w.AddOtherCluster(nil) }
				failRequests(http.MethodPost, clustersPath, lostMeanwhile)(w)
			},
			Want: Want{
				Exit: 1, Output: []string{"may be the one", "terraform import", "stop_cluster"}, Created: 1, Running: 1, Unmanaged: 1,
				Requests: map[string]int{"POST " + clustersPath: 1, "DELETE *": 0},
			},
		},
		{
			Moment: momentCreateResponseLost, Fault: "The gateway's cache lists that cluster first.",
			Promise: promiseUndecided,
			Mock:    kubernetes(3 * time.Second),
			Break: func(w *World) {
				lostMeanwhile := responseLost
				lostMeanwhile.BeforeRequest = func() {
					w.AddOtherCluster(nil)
					w.Clock.Advance(time.Second)
				}
				failRequests(http.MethodPost, clustersPath, lostMeanwhile)(w)
			},
			Want: Want{
				Exit: 1, Output: []string{"may be the one", "terraform import", "stop_cluster"}, Created: 1, Running: 1, Unmanaged: 1,
				Requests: map[string]int{"POST " + clustersPath: 1, "DELETE *": 0},
			},
		},
		{
			Moment: momentCreateResponseLost, Fault: "Another client created an equal cluster a moment earlier.",
			Promise: promiseAdopted,
			Break:   inOrder(loseResponse, func(w *World) { w.AddOtherCluster(nil) }),
			Want:    Want{Output: []string{"was taken over"}, State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "The clusters cannot be listed afterwards.",
			Promise: promiseMayRun,
			Break:   inOrder(loseResponse, failRequests(http.MethodGet, clustersPath, repeated(everyTime, gatewayDown))),
			Want:    Want{Exit: 1, Output: []string{"A cluster may run and cost money", "pc_clusters"}, Created: 1, Running: 1, Unmanaged: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
		{
			Moment: momentCreateResponseLost, Fault: "The cluster fails before the provider finds it.",
			Promise: "The error gives its name and status.",
			Break: func(w *World) {
				failed := responseLost
				failed.BeforeResponse = func() { w.Mock.FailCluster(w.NewestCluster()) }
				failRequests(http.MethodPost, clustersPath, failed)(w)
			},
			Want: Want{Exit: 1, Output: []string{"may be the one", "FAILED"}, Created: 1, Requests: map[string]int{"POST " + clustersPath: 1}},
		},
	}
}

// kubernetes is a gateway with the Kubernetes backend and one replica per lag.
// The replicas respond in turn, and the cache of each lags behind by its lag.
func kubernetes(lags ...time.Duration) mockserver.Config {
	return mockserver.Config{Kubernetes: &mockserver.Kubernetes{CacheLags: lags}, LongPoll: 10 * time.Millisecond}
}

// kubernetesWithSlowCache is a gateway whose cache takes longer to fill than the
// provider waits for a listing that shows nothing new.
func kubernetesWithSlowCache() mockserver.Config {
	config := kubernetes(0)
	config.Kubernetes.CacheFillTime = 15 * time.Second
	return config
}

// requestReadLate delays a create on the server until the provider has given up
// the request and looked for its result once. The second lookup waits until the
// server has carried out the create.
func requestReadLate(path string) func(*World) {
	return func(w *World) {
		firstLookupDone := make(chan struct{})
		failRequests(http.MethodPost, path, mockserver.Fault{BeforeRequest: func() {
			lookup := mockserver.Fault{BeforeResponse: func() { close(firstLookupDone) }}
			failRequests(http.MethodGet, path, lookup)(w)
			lookup.BeforeResponse, lookup.BeforeRequest = nil, func() { _ = w.Mock.AwaitRequest(w.t.Context(), http.MethodPost, path) }
			failRequests(http.MethodGet, path, lookup)(w)
			select {
			case <-firstLookupDone:
			case <-w.t.Context().Done():
			}
		}})(w)
	}
}

// untilAllArrive holds each create until count of them have arrived, and then
// delays their responses and drops them.
func untilAllArrive(count int) func(*World) {
	var arrived sync.WaitGroup
	arrived.Add(count)
	return failRequests(http.MethodPost, clustersPath, mockserver.Fault{Times: count, ResponseDelay: time.Second, Drop: mockserver.DropAfterHandling, BeforeRequest: func() {
		arrived.Done()
		arrived.Wait()
	}})
}
