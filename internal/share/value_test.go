// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
)

func TestValue_isFetchedOnce(t *testing.T) {
	t.Parallel()
	var shared share.Value[string]
	if value, ok := shared.Peek(); ok || value != "" {
		t.Errorf("Peek() = %q, %v before anything was fetched", value, ok)
	}
	var fetches atomic.Int32
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := shared.Get(t.Context(), func(context.Context) (string, error) {
				fetches.Add(1)
				<-release
				return "response", nil
			})
			if got != "response" || err != nil {
				t.Errorf("Get() = %q, %v", got, err)
			}
		})
	}
	close(release)
	all.Wait()
	if value, ok := shared.Peek(); !ok || value != "response" || fetches.Load() != 1 {
		t.Errorf("Peek() = %q, %v after %d fetches", value, ok, fetches.Load())
	}
}

func TestValue_fetchesAgainAfterError(t *testing.T) {
	t.Parallel()
	var shared share.Value[int]
	broken := errors.New("broken")
	if _, err := shared.Get(t.Context(), func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("Get() = %v", err)
	}
	if got, err := shared.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("Get() = %d, %v", got, err)
	}
}

// TestValue_sharesErrorWithWaitingCallers has many callers at once. In a synctest bubble
// the fetch ends when all other callers wait for it.
func TestValue_sharesErrorWithWaitingCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shared share.Value[int]
		broken := errors.New("broken")
		fetches := 0
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				_, err := shared.Get(t.Context(), func(ctx context.Context) (int, error) {
					fetches++
					return 0, errors.Join(broken, clock.Real().Sleep(ctx, time.Minute))
				})
				if !errors.Is(err, broken) {
					t.Errorf("Get() = %v", err)
				}
			})
		}
		all.Wait()
		if fetches != 1 {
			t.Errorf("%d fetches", fetches)
		}
		if got, err := shared.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
			t.Errorf("after the fetch: Get() = %d, %v", got, err)
		}
	})
}

// TestValue_fetchesAgainForOtherCallers cancels the caller that fetches, and one that
// waits. A third caller still gets the value.
func TestValue_fetchesAgainForOtherCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shared share.Value[int]
		first, cancelFirst := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			_, err := shared.Get(first, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("first caller: %v", err)
			}
		})
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		mustNotFetch := func(context.Context) (int, error) {
			t.Error("a caller with an ended context fetched")
			return 0, nil
		}
		if _, err := shared.Get(ended, mustNotFetch); !errors.Is(err, context.Canceled) {
			t.Errorf("second caller: %v", err)
		}
		all.Go(func() {
			if got, err := shared.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
				t.Errorf("third caller: %d, %v", got, err)
			}
		})
		// The third caller waits for the first one.
		synctest.Wait()
		cancelFirst()
		all.Wait()
	})
}
