// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// A restart of the gateway takes longer than the retries of one request. Both calls
// once gave up, and a create then left a running cluster tainted.
func TestScaling_toleratesAnOutage(t *testing.T) {
	t.Parallel()
	minimum := int64(1)
	for endpoint, change := range map[string]func(*gateway.Client) (gateway.Scaling, error){
		"adapt": func(c *gateway.Client) (gateway.Scaling, error) {
			return c.Adapt(t.Context(), clusterName, gateway.Adaptive{Minimum: &minimum, Active: true})
		},
		"scale": func(c *gateway.Client) (gateway.Scaling, error) { return c.Scale(t.Context(), clusterName, 1) },
	} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			request := "POST /api/v1/clusters/" + clusterName + "/" + endpoint
			server, client, fake := newScripted(t)
			restarted := jsonReply(`{"ok": true, "msg": null}`)
			server.On(request, textReply(503, "no"), textReply(503, "no"), badGatewayReply, lostReply, proxyNotFoundReply, textReply(503, "no"), textReply(503, "no"), textReply(503, "no"), textReply(503, "no"), restarted)
			if scaling, err := change(client); err != nil || !scaling.IsWithinLimit {
				t.Errorf("got %+v, %v", scaling, err)
			}
			if waited := fake.Now().Sub(startTime); waited < 12*time.Second {
				t.Errorf("the outage lasted %s", waited)
			}
			server.On(request, textReply(503, "no"))
			outageBegan := fake.Now()
			_, err := change(client)
			if failure, ok := errors.AsType[*transport.Error](err); !ok || failure.Status != 503 {
				t.Errorf("got %v", err)
			}
			if waited := fake.Now().Sub(outageBegan); waited < 2*time.Minute || waited > 3*time.Minute {
				t.Errorf("gave up after %s", waited)
			}
		})
	}
}

func TestScaling_returnsTheGrantedWorkers(t *testing.T) {
	t.Parallel()
	three := int64(3)
	for label, test := range map[string]struct {
		body    string
		granted *int64
	}{
		"scale":          {`{"ok": false, "msg": "Scale request of 5 workers would exceed resource limit of 3 workers. Scaling to 3 instead."}`, &three},
		"adapt":          {`{"ok": false, "msg": "Adapt with ` + "`maximum=9, minimum=5` workers would exceed resource limit of 3 workers. Using `maximum=3, minimum=3` instead." + `"}`, &three},
		"no number":      {`{"ok": false, "msg": "too many"}`, nil},
		"a large number": {`{"ok": false, "msg": "resource limit of 99999999999999999999 workers"}`, nil},
		"all granted":    {`{"ok": true, "msg": null}`, nil},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On("POST /api/v1/clusters/"+clusterName+"/scale", jsonReply(test.body))
			got, err := client.Scale(t.Context(), clusterName, 5)
			if err != nil || (got.Granted == nil) != (test.granted == nil) || got.Granted != nil && *got.Granted != *test.granted {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
