// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestWithGracePeriod_endsLater(t *testing.T) {
	t.Parallel()
	const gracePeriod = 50 * time.Millisecond
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	longer, end := transport.WithGracePeriod(ctx, gracePeriod)
	defer end()
	if longer.Value(key{}) != "value" {
		t.Error("the context lost its values")
	}
	began := clock.Real().Now()
	cancel()
	<-longer.Done()
	if took := clock.Real().Now().Sub(began); took < gracePeriod {
		t.Errorf("ended after %s", took)
	}
}

func TestWithGracePeriod_canBeCancelledAtOnce(t *testing.T) {
	t.Parallel()
	longer, end := transport.WithGracePeriod(t.Context(), time.Hour)
	if longer.Err() != nil {
		t.Error("the context ended without a reason")
	}
	end()
	if !errors.Is(longer.Err(), context.Canceled) {
		t.Errorf("Err() = %v", longer.Err())
	}
}
