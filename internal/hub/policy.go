// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// outageTolerance is how long every wait continues while all responses are transient
	// errors. A Hub restarts within it.
	outageTolerance = 2 * time.Minute
	// serverPollInterval is the pause between two lookups of a server that starts or
	// stops.
	serverPollInterval = 2 * time.Second
	// orphanPollInterval is the pause between two listings that search for the
	// token of a lost response: a busy Hub may process the request late.
	orphanPollInterval = 2 * time.Second
	// revokeRetryDelay is the first pause after a DELETE that failed. It doubles up
	// to maxRevokeRetryDelay.
	revokeRetryDelay    = 250 * time.Millisecond
	maxRevokeRetryDelay = 10 * time.Second
	// maxOutagePause is the longest pause between two listings during an outage.
	maxOutagePause = 30 * time.Second
)

// serverPolicy waits for a server to start or stop.
var serverPolicy = poll.Policy{FirstPause: serverPollInterval, IsTransient: transport.IsTransient, OutageTolerance: outageTolerance}

// stopPolicy also tolerates that a Hub before JupyterHub 5 refuses to stop a server
// that is starting.
var stopPolicy = poll.Policy{FirstPause: serverPollInterval, IsTransient: isStopRetryable, OutageTolerance: outageTolerance}

// interruptedStartPolicy looks up a server whose start was interrupted.
var interruptedStartPolicy = poll.Policy{
	FirstPause: time.Second, IsTransient: transport.IsTransient, OutageTolerance: transport.InterruptedCreateTimeout, Timeout: transport.InterruptedCreateTimeout,
}

// orphanPolicy searches for the token of a lost response. During an outage it polls
// less and less often.
var orphanPolicy = poll.Policy{
	FirstPause: orphanPollInterval, IsTransient: transport.IsTransient, OutageTolerance: outageTolerance, LongestOutagePause: maxOutagePause,
}

// revokePolicy repeats the revocation of a token.
var revokePolicy = poll.Policy{
	FirstPause: revokeRetryDelay, Growth: 2, LongestPause: maxRevokeRetryDelay, IsTransient: transport.IsTransient, OutageTolerance: outageTolerance,
}

// cleanupContext returns a context for work that must be completed after an
// interrupt. It ends transport.InterruptedCleanupTimeout after ctx.
func cleanupContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return transport.WithGracePeriod(ctx, transport.InterruptedCleanupTimeout)
}

// isRefused reports whether a server or proxy responded with an error that is not
// transient.
func isRefused(err error) bool {
	_, ok := errors.AsType[*transport.Error](err)
	return ok && !transport.IsTransient(err)
}
