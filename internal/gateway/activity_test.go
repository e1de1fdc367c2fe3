// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func TestActivity_readsTheSchedulersCounts(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		body string
		want gateway.Activity
		idle bool
	}{
		"nothing to do": {
			body: `{"clients": 1, "cores": 0, "processing": 0, "tasks": 0, "unrunnable": 0, "waiting": 0, "workers": 0}`,
			want: gateway.Activity{}, idle: true,
		},
		"results in memory and an open notebook": {
			body: `{"clients": 2, "cores": 8, "processing": 0, "tasks": 5, "unrunnable": 0, "waiting": 0, "workers": 2}`,
			want: gateway.Activity{Workers: 2, Threads: 8, Tasks: 5, Clients: 1}, idle: true,
		},
		"a running task without a client": {
			body: `{"clients": 1, "cores": 8, "processing": 1, "tasks": 1, "unrunnable": 0, "waiting": 0, "workers": 2, "idle": 2}`,
			want: gateway.Activity{Workers: 2, Threads: 8, Tasks: 1, Unfinished: 1}, idle: false,
		},
		"tasks that wait for a worker": {
			body: `{"clients": 2, "cores": 0, "processing": 0, "tasks": 7, "unrunnable": 4, "waiting": 3, "workers": 0}`,
			want: gateway.Activity{Tasks: 7, Unfinished: 7, Clients: 1}, idle: false,
		},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(countsRequest, serverReply{Status: http.StatusOK, Body: test.body})
			got, err := client.Activity(t.Context(), clusterName)
			if err != nil || got != test.want || got.IsIdle() != test.idle {
				t.Errorf("got %+v, idle %t, %v, want %+v, idle %t", got, got.IsIdle(), err, test.want, test.idle)
			}
		})
	}
}

// Missing counts must not make a busy cluster look idle.
func TestActivity_rejectsIncompleteCounts(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"workers": 1}`,
		`{"clients": 1, "cores": 0, "tasks": 0, "unrunnable": 0, "waiting": 0, "workers": 0}`,
		`{"clients": 1, "cores": 0, "processing": -1, "tasks": 0, "unrunnable": 0, "waiting": 0, "workers": 0}`,
	} {
		server, client, _ := newScripted(t)
		server.On(countsRequest, serverReply{Status: http.StatusOK, Body: body})
		if got, err := client.Activity(t.Context(), clusterName); err == nil || !strings.Contains(err.Error(), "counts of a scheduler") {
			t.Errorf("%s: got %+v, %v, want an error", body, got, err)
		}
	}
}
