// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"net/http"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

func TestCapacity_prefersTheTotalsOfTheScheduler(t *testing.T) {
	t.Parallel()
	const workers = `"workers": {
		"tls://10.0.0.4:4001": {"type": "Worker", "nthreads": 2, "memory_limit": 8589934592, "metrics": {"cpu": NaN}},
		"tls://10.0.0.5:4002": {"type": "Worker", "nthreads": 4, "memory_limit": null}}`
	for title, test := range map[string]struct {
		body string
		want gateway.Capacity
	}{
		"the scheduler's totals": {
			`{"type": "Scheduler", "n_workers": 2, "total_threads": 6, "total_memory": 8589934592, ` + workers + `}`,
			gateway.Capacity{Workers: 2, Threads: 6, Memory: 8 << 30},
		},
		"more workers than the list contains": {
			`{"type": "Scheduler", "n_workers": 9, "total_threads": 20, "total_memory": 30, ` + workers + `}`,
			gateway.Capacity{Workers: 9, Threads: 20, Memory: 30},
		},
		"an older scheduler, without totals": {`{"type": "Scheduler", ` + workers + `}`, gateway.Capacity{Workers: 2, Threads: 6, Memory: 8 << 30}},
		"no workers": {
			`{"type": "Scheduler", "n_workers": 0, "total_threads": 0, "total_memory": 0, "workers": {}}`, gateway.Capacity{},
		},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(identityRequest, jsonReply(test.body))
			got, err := client.Capacity(t.Context(), clusterName)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
			server.Expect(t, identityRequest)
		})
	}
}

func TestAwaitCapacity_toleratesALateRoute(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(identityRequest, textReply(http.StatusNotFound, "404: Not Found"), badGatewayReply, jsonReply(`{"type": "Scheduler", "n_workers": 1, "workers": {}}`))
	if got, err := client.AwaitCapacity(t.Context(), clusterName); err != nil || got.Workers != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAwaitCapacity_limitsItsWaitForTheRoute(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(identityRequest, textReply(http.StatusNotFound, "404: Not Found"))
	began := fake.Now()
	if _, err := client.AwaitCapacity(t.Context(), clusterName); err == nil {
		t.Error("no error")
	}
	if waited := fake.Now().Sub(began).Seconds(); waited < 10 || waited > 20 {
		t.Errorf("the client waited %.0f s", waited)
	}
}
