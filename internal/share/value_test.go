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
				return "answer", nil
			})
			if got != "answer" || err != nil {
				t.Errorf("Get() = %q, %v", got, err)
			}
		})
	}
	close(release)
	all.Wait()
	if value, ok := shared.Peek(); !ok || value != "answer" || fetches.Load() != 1 {
		t.Errorf("Peek() = %q, %v after %d fetches", value, ok, fetches.Load())
	}
}

func TestValue_forgetsFailures(t *testing.T) {
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

// TestValue_failsForAllWhoWait has many ask at once for what cannot be had. In a
// bubble of synctest the fetch ends when all the others wait for it.
func TestValue_failsForAllWhoWait(t *testing.T) {
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
			t.Errorf("later: Get() = %d, %v", got, err)
		}
	})
}

// TestValue_outlivesACaller lets the one who fetches be cancelled, and one who
// waits; a third gets the answer all the same.
func TestValue_outlivesACaller(t *testing.T) {
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
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		never := func(context.Context) (int, error) {
			t.Error("fetched by one whose context had ended")
			return 0, nil
		}
		if _, err := shared.Get(ended, never); !errors.Is(err, context.Canceled) {
			t.Errorf("the second: %v", err)
		}
		all.Go(func() {
			if got, err := shared.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
				t.Errorf("the third: %d, %v", got, err)
			}
		})
		// The third waits for the first.
		synctest.Wait()
		cancelFirst()
		all.Wait()
	})
}
