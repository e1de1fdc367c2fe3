// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
)

func TestProgress_sendsAllMessagesInOrder(t *testing.T) {
	t.Parallel()
	var got, want []string
	isFirst, reported := true, make(chan struct{})
	progress := clients.StartProgress(t.Context(), func(event action.InvokeProgressEvent) {
		if isFirst {
			<-reported
		}
		isFirst = false
		got = append(got, event.Message)
	})
	for i := range 1000 {
		progress.Report("cluster %d", i)
		want = append(want, fmt.Sprintf("cluster %d", i))
	}
	close(reported)
	progress.Close()
	if !slices.Equal(got, want) {
		t.Errorf("%d messages were sent, want %d in order", len(got), len(want))
	}
}

// A Terraform that has exited no longer reads the stream.
func TestProgress_endsAfterInterruptWhenStreamIsStuck(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	stuck, released := make(chan struct{}, 2), make(chan struct{})
	defer close(released)
	progress := clients.StartProgress(ctx, func(action.InvokeProgressEvent) {
		stuck <- struct{}{}
		<-released
	})
	progress.Report("Stopping cluster")
	<-stuck
	progress.Report("The end is not confirmed")
	cancel()
	progress.Close()
}

func TestProgress_sendsLastMessageAfterInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var got []string
	progress := clients.StartProgress(ctx, func(event action.InvokeProgressEvent) { got = append(got, event.Message) })
	cancel()
	progress.Report("The end is not confirmed")
	progress.Close()
	if want := []string{"The end is not confirmed"}; !slices.Equal(got, want) {
		t.Errorf("messages are %q, want %q", got, want)
	}
}
