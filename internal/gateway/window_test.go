// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// listedCluster is a cluster that the gateway lists from its start.
type listedCluster struct {
	name      string
	startedAt time.Time
}

// Some failed creates never arrived at the gateway, while the same user creates a
// cluster with the same options elsewhere. The client adopts that cluster only if
// it started when the request can have arrived.
func TestCreate_adoptsInsideTheWindowOnly(t *testing.T) {
	t.Parallel()
	const ourLocalName, rivalLocalName = "fbfed27704fc4d1da027dad20471993b", "00000000000000000000000000000009"
	offsets := []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second}
	fractions := []time.Duration{0, 400 * time.Millisecond, 900 * time.Millisecond}
	for label, failure := range map[string]struct {
		reply                    serverReply
		hasEnded, isNotForwarded bool
	}{
		"a proxy's 502":          {badGatewayReply, true, true},
		"a proxy's 503":          {textReply(503, "Service Unavailable"), true, true},
		"the gateway's 500":      {crashReply, true, false},
		"a connection that ends": {lostReply, false, false},
		"a proxy's 504":          {textReply(504, "Gateway Timeout"), false, false},
	} {
		for _, isKubernetes := range []bool{true, false} {
			for _, arrived := range []bool{true, false} {
				for _, offset := range offsets {
					for _, fraction := range fractions {
						t.Run(fmt.Sprintf("%s, kubernetes %t, arrived %t, rival after %s at .%d", label, isKubernetes, arrived, offset, fraction.Milliseconds()), func(t *testing.T) {
							t.Parallel()
							ours, rival := ourLocalName, rivalLocalName
							if isKubernetes {
								ours, rival = "prod."+ours, "prod."+rival
							}
							server, client, fake := newScripted(t)
							fake.Advance(fraction)
							failedAt := fake.Now()
							clusters := []listedCluster{{rival, failedAt.Add(offset)}}
							if arrived {
								clusters = append(clusters, listedCluster{ours, failedAt})
							}
							server.On(createRequest, failure.reply)
							server.On(optionsRequest, optionsReply)
							server.On(listAllRequest, scripted.Reply{Handle: func(w http.ResponseWriter, _ *http.Request) {
								var listed []string
								for _, cluster := range clusters {
									startedAt := cluster.startedAt
									if isKubernetes {
										startedAt = startedAt.Truncate(time.Second)
									}
									if !fake.Now().Before(cluster.startedAt) {
										listed = append(listed, twoCoreCluster(cluster.name, startedAt))
									}
								}
								w.Header().Set("Date", fake.Now().UTC().Format(http.TimeFormat))
								w.Header().Set("Content-Type", "application/json")
								_, _ = io.WriteString(w, listReply(listed...).Body)
							}})
							got, err := client.Create(t.Context(), twoCoreOptions())

							latest := failedAt.Truncate(time.Second).Add(time.Second)
							if !failure.hasEnded {
								latest = latest.Add(3 * time.Second)
							}
							rivalStart := failedAt.Add(offset)
							if isKubernetes {
								rivalStart = rivalStart.Truncate(time.Second)
							}
							isInside := rivalStart.Before(latest) && (isKubernetes || !failure.hasEnded)
							failed, _ := errors.AsType[*gateway.AdoptError](err)
							switch {
							case arrived && err == nil:
								// The rival appears after our own cluster was adopted.
								if !isAdopted(got, ours) {
									t.Errorf("adopted %+v", got)
								}
							case arrived && isInside:
								if failed == nil || len(failed.Candidates) != 2 {
									t.Errorf("got %+v, %v", got, err)
								}
							case arrived:
								t.Errorf("did not adopt the own cluster: %v", err)
							case isInside:
								if !isAdopted(got, rival) || got.Adopted.StartedAt.After(got.Adopted.Latest) || got.Adopted.StartedAt.Before(got.Adopted.Earliest) {
									t.Errorf("got %+v, %v", got, err)
								}
							case failed == nil || len(failed.Candidates) != 0 || len(failed.Later) != 1 || failed.Later[0].Name != rival || failed.WasNotForwarded != failure.isNotForwarded:
								t.Errorf("got %+v, %v", got, err)
							}
						})
					}
				}
			}
		}
	}
}

// A create fails, and the gateway is slow to list the clusters. Meanwhile the same
// user creates a cluster with the same options. Neither failed attempts nor later
// listings extend the window.
func TestCreate_slowListingsDoNotExtendTheWindow(t *testing.T) {
	t.Parallel()
	const rival = "prod.00000000000000000000000000000009"
	for label, slow := range map[string]serverReply{"failed attempts": badGatewayReply, "a listing without candidates": {}} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(startTime)
			server := scripted.New(t, pathPrefix)
			sender, err := transport.New(transport.Config{BaseURL: server.Base, BypassesProxy: true, MaxRetries: 2, RetryWaitMin: 1, RetryWaitMax: 1, Clock: fake})
			if err != nil {
				t.Fatal(err)
			}
			client := gateway.New(gateway.Config{Transport: sender, Clock: fake})
			listing := func(delay time.Duration, listed ...string) serverReply {
				return scripted.Reply{Handle: func(w http.ResponseWriter, _ *http.Request) {
					fake.Advance(delay)
					w.Header().Set("Date", fake.Now().UTC().Format(http.TimeFormat))
					w.Header().Set("Content-Type", "application/json")
					_, _ = io.WriteString(w, listReply(listed...).Body)
				}}
			}
			server.On(createRequest, badGatewayReply)
			server.On(optionsRequest, optionsReply)
			server.On(cacheFillRequest, unknownReply)
			equal := twoCoreCluster(rival, startTime.Add(14*time.Second))
			if slow.Status == 0 {
				server.On(listAllRequest, listing(0), listing(20*time.Second, equal))
			} else {
				slow.Before = func() { fake.Advance(20 * time.Second) }
				server.On(listAllRequest, slow, listing(0, equal))
			}
			got, err := client.Create(t.Context(), twoCoreOptions())
			lost, ok := errors.AsType[*gateway.AdoptError](err)
			if !ok || len(lost.Candidates) != 0 || len(lost.Later) != 1 || lost.Later[0].Name != rival {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
