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

const losing = "The answer to a create is lost"

// takenOver is what holds when the cluster of a lost answer was found.
func takenOver() Want {
	return Want{Says: []string{"was taken over"}, State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}}
}

// claimRows are creates that the gateway has taken, and whose answer is lost.
func claimRows() []Row {
	lost := fails(http.MethodPost, clusters, answerLost)
	rows := []Row{
		{
			Fault: "The connection is reset.", Break: lost,
			Promise: "The one new cluster with these options is taken over, with a warning. There is no second one.",
		},
		{Fault: "The status line breaks off.", Promise: "The same.", Break: fails(http.MethodPost, clusters, mockserver.Fault{Drop: mockserver.DropAtByte, ResponseBytes: 7})},
		{Fault: "The header breaks off.", Promise: "The same.", Break: fails(http.MethodPost, clusters, mockserver.Fault{Drop: mockserver.DropAtByte, ResponseBytes: 40})},
		{Fault: "The body breaks off.", Promise: "The same.", Break: fails(http.MethodPost, clusters, answerTorn)},
		{
			Fault: "No answer comes within `request_timeout`.", Promise: "The same.", Provider: "request_timeout = \"1s\"",
			Break: fails(http.MethodPost, clusters, mockserver.Fault{ResponseDelay: time.Minute}),
		},
		{
			Fault: "The gateway reads the request only when the time is over.", Promise: "The same: the cluster that appears late is found.",
			Provider: "request_timeout = \"1s\"", Break: readLate(clusters),
		},
		{Fault: "A proxy answers 502 in its place.", Promise: "The same.", Break: fails(http.MethodPost, clusters, late(http.StatusBadGateway))},
		{Fault: "A proxy answers 503 in its place.", Promise: "The same.", Break: fails(http.MethodPost, clusters, late(http.StatusServiceUnavailable))},
		{Fault: "A proxy answers 504 in its place.", Promise: "The same.", Break: fails(http.MethodPost, clusters, late(http.StatusGatewayTimeout))},
		{Fault: "The gateway fails with 500 after it made the cluster.", Promise: "The same.", Break: fails(http.MethodPost, clusters, late(http.StatusInternalServerError))},
		{
			Fault: "A page comes in its place, with 200.", Promise: "The same.",
			Break: fails(http.MethodPost, clusters, mockserver.Fault{HandleRequest: true, Status: http.StatusOK, ContentType: "text/html", Body: "<html>"}),
		},
		{
			Fault: "The answer has a name that is a path.", Promise: "The name is not used; the new cluster is found and taken over.",
			Break: fails(http.MethodPost, clusters, mockserver.Fault{HandleRequest: true, Status: http.StatusCreated, ContentType: "application/json", Body: `{"name": "../../clusters/x"}`}),
		},
		{
			Fault: "Other clusters of the user, with other options, run and appear.", Promise: "They are told apart by their options and left alone.",
			Break:  all(func(w *World) { w.AddTheirs(nil) }, func(w *World) { w.AddTheirs(map[string]any{"gpu": true}) }, lost),
			Config: clusterWith("options = { worker_cores = 2 }"),
		},
		{
			Fault: "Other users' clusters with the same options appear.", Promise: "They are not even seen.",
			Break: all(func(w *World) { w.Mock.AddCluster("bob", nil) }, lost),
		},
		{Fault: "The gateway's clock is ten minutes ahead.", Promise: "Times are compared by the gateway's clock; the cluster is taken over.", Skew: 10 * time.Minute, Break: lost},
		{Fault: "The gateway's clock is ten minutes behind.", Promise: "The same.", Skew: -10 * time.Minute, Break: lost},
		{
			Fault: "The gateway has the Kubernetes backend, and its cache shows the cluster only five seconds later.", Promise: "It is looked for until it shows, and taken over.",
			Mock: kubernetes(5 * time.Second), Break: lost,
		},
		{
			Fault: "The list of clusters fails at first as well.", Promise: "It is asked for again; the cluster is taken over.",
			Break: all(lost, fails(http.MethodGet, clusters, times(8, gatewayDown))),
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Want = losing, takenOver()
	}
	return append(rows, undecidedRows()...)
}

// undecidedRows are lost answers of several creates, and such that nobody can
// decide.
func undecidedRows() []Row {
	lost := fails(http.MethodPost, clusters, answerLost)
	many := "resource \"pc_dask_cluster\" \"test\" {\n  count = 6\n}\n"
	var six, sixTainted []string
	for i := range 6 {
		six = append(six, fmt.Sprintf("%s[%d]", cluster, i))
		sixTainted = append(sixTainted, six[i]+" (tainted)")
	}
	return []Row{
		{
			Moment: losing, Fault: "Three of six creates at once, with the same options, lose their answers.",
			Promise: "Each takes one of the three new clusters; six are made, and six are in the state.",
			Config:  many, Break: fails(http.MethodPost, clusters, times(3, answerLost)),
			Want: Want{Says: []string{"was taken over"}, State: six, Made: 6, Running: 6, Requests: map[string]int{"POST " + clusters: 6}},
		},
		{
			Moment: losing, Fault: "Ctrl-C is pressed while six creates with the same options are under way, and all lose their answers.",
			Promise: "Each takes one of the six new clusters, and six are in the state.",
			Config:  many, Break: all(func(w *World) { w.Mock.SetStartsHeld(true) }, together(6)), Meanwhile: interrupted(http.MethodPost, clusters),
			Want: Want{Exit: 1, Says: []string{"interrupted"}, State: sixTainted, Made: 6, Running: 6, Requests: map[string]int{"POST " + clusters: 6}},
		},
		{
			Moment: losing, Fault: "Ctrl-C is pressed, and the Kubernetes gateway's cache does not show the cluster yet.",
			Promise: "The error says that a cluster may run and cost money: pc_clusters lists it, terraform import takes it over.",
			Mock:    kubernetes(5 * time.Second), Break: all(func(w *World) { w.Mock.SetStartsHeld(true) }, together(1)), Meanwhile: interrupted(http.MethodPost, clusters),
			Want: Want{Exit: 1, Says: []string{"A cluster may run and cost money", "pc_clusters"}, Made: 1, Running: 1, Strays: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: losing, Fault: "In the same moment somebody else makes a cluster with the same options for the same user.",
			Promise: "Nobody can tell which is which: the error names both, with the commands to import one or to stop it.",
			Break: func(w *World) {
				lostMeanwhile := answerLost
				lostMeanwhile.BeforeRequest = func() { w.AddTheirs(nil) }
				fails(http.MethodPost, clusters, lostMeanwhile)(w)
			},
			Want: Want{
				Exit: 1, Says: []string{"may be the one", "terraform import", "stop_cluster"}, Made: 1, Running: 1, Strays: 1,
				Requests: map[string]int{"POST " + clusters: 1, "DELETE *": 0},
			},
		},
		{
			Moment: losing, Fault: "In the same moment somebody else makes such a cluster, and the gateway's cache, which lags behind, shows that one first.",
			Promise: "The first that shows is not taken at once: the error names both.",
			Mock:    kubernetes(3 * time.Second),
			Break: func(w *World) {
				lostMeanwhile := answerLost
				lostMeanwhile.BeforeRequest = func() {
					w.AddTheirs(nil)
					w.Clock.Advance(time.Second)
				}
				fails(http.MethodPost, clusters, lostMeanwhile)(w)
			},
			Want: Want{
				Exit: 1, Says: []string{"may be the one", "terraform import", "stop_cluster"}, Made: 1, Running: 1, Strays: 1,
				Requests: map[string]int{"POST " + clusters: 1, "DELETE *": 0},
			},
		},
		{
			Moment: losing, Fault: "A moment before, somebody else has made a cluster with the same options for the same user.",
			Promise: "It was there before, so it is not ours: the other one is taken over.",
			Break:   all(lost, func(w *World) { w.AddTheirs(nil) }),
			Want:    Want{Says: []string{"was taken over"}, State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: losing, Fault: "The gateway's clusters cannot be listed afterwards.",
			Promise: "The error says that a cluster may run and cost money, and what to do once the gateway answers: pc_clusters lists it, terraform import takes it over.",
			Break:   all(lost, fails(http.MethodGet, clusters, times(always, gatewayDown))),
			Want:    Want{Exit: 1, Says: []string{"A cluster may run and cost money", "pc_clusters"}, Made: 1, Running: 1, Strays: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
		{
			Moment: losing, Fault: "The cluster fails before it is found.",
			Promise: "It is named, and not taken for a success.",
			Break: func(w *World) {
				failed := answerLost
				failed.BeforeResponse = func() { w.Mock.FailCluster(w.Name()) }
				fails(http.MethodPost, clusters, failed)(w)
			},
			Want: Want{Exit: 1, Says: []string{"may be the one", "FAILED"}, Made: 1, Requests: map[string]int{"POST " + clusters: 1}},
		},
	}
}

// kubernetes is a gateway with the Kubernetes backend whose replicas, which
// answer in turn, lag so far behind.
func kubernetes(lags ...time.Duration) mockserver.Config {
	return mockserver.Config{Kubernetes: &mockserver.Kubernetes{CacheLags: lags}, LongPoll: 10 * time.Millisecond}
}

// slowCache is a gateway whose cache takes longer to fill than a list that shows
// nothing new is watched.
func slowCache() mockserver.Config {
	slow := kubernetes(0)
	slow.Kubernetes.CacheFillTime = 15 * time.Second
	return slow
}

// readLate lets the server read a request to make something only when the
// provider has given it up and looked for what it made once, and lets no second
// look come before.
func readLate(path string) func(*World) {
	return func(w *World) {
		looked := make(chan struct{})
		fails(http.MethodPost, path, mockserver.Fault{BeforeRequest: func() {
			look := mockserver.Fault{BeforeResponse: func() { close(looked) }}
			fails(http.MethodGet, path, look)(w)
			look.BeforeResponse, look.BeforeRequest = nil, func() { _ = w.Mock.AwaitRequest(w.t.Context(), http.MethodPost, path) }
			fails(http.MethodGet, path, look)(w)
			select {
			case <-looked:
			case <-w.t.Context().Done():
			}
		}})(w)
	}
}

// together lets so many creates arrive before one of them is read, and holds back
// their answers.
func together(count int) func(*World) {
	var arrived sync.WaitGroup
	arrived.Add(count)
	return fails(http.MethodPost, clusters, mockserver.Fault{Times: count, ResponseDelay: 10 * time.Second, BeforeRequest: func() {
		arrived.Done()
		arrived.Wait()
	}})
}
