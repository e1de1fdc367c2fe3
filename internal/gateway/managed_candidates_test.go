// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// TestCreate_offersNoClusterThatBecomesManagedWhenInterrupted has three creates under
// way. One loses its response and lists two clusters. After that, the response of
// another create arrives, which makes one of the two a managed cluster. The third
// create is still waiting at the interrupt. The error must offer only the other cluster.
func TestCreate_offersNoClusterThatBecomesManagedWhenInterrupted(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	client.SetInterruptedCreateTimeout(time.Millisecond)
	firstArrived, releaseFirst := make(chan struct{}), make(chan struct{})
	secondArrived, releaseSecond := make(chan struct{}), make(chan struct{})
	server.On(createRequest,
		scripted.After(createdReply, func() { close(firstArrived); <-releaseFirst }),
		scripted.After(errorReply(422, "no"), func() { close(secondArrived); <-releaseSecond }),
		lostReply,
	)
	server.On(optionsRequest, optionsReply)
	server.On(listAllRequest, withServerTime(listReply(twoCoreCluster(clusterName, startTime), twoCoreCluster(candidateName(1), startTime)), startTime))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var others sync.WaitGroup
	others.Go(func() {
		if got, err := client.Create(t.Context(), twoCoreOptions()); err != nil || got.Name != clusterName {
			t.Errorf("the create with a response got %+v, %v", got, err)
		}
		cancel()
	})
	<-firstArrived
	others.Go(func() { _, _ = client.Create(t.Context(), twoCoreOptions()) })
	<-secondArrived
	others.Go(func() {
		for !client.HasSortedListing() && t.Context().Err() == nil {
			time.Sleep(time.Millisecond) //nolint:forbidigo // no request shows that the listing is sorted
		}
		close(releaseFirst)
	})
	_, err := client.Create(ctx, twoCoreOptions())
	close(releaseSecond)
	others.Wait()
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 1 || undecided.Candidates[0].Name != candidateName(1) {
		t.Errorf("got %v with %+v", err, undecided)
	}
}
