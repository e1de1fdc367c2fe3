// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	// longestRenewalPause is the longest pause until the next renewal of a token that has
	// not expired.
	longestRenewalPause = time.Minute
	// interruptedCloseLimit is how long Close may take after an interrupt.
	interruptedCloseLimit = 2 * time.Second
)

// openToken is an ephemeral token that is open.
type openToken struct {
	address string
	key     tokenKey
	// expires is by this machine's clock, or zero.
	expires time.Time
	// warnsAt is from when on Close must warn that the token has expired.
	warnsAt time.Time
	// closing is closed when Terraform closes the token. turn is full while it renews or
	// closes it. The virtual time does not pass while somebody waits for a mutex.
	closing  chan struct{}
	turn     chan struct{}
	opened   providertest.OpenedEphemeral
	isClosed bool
}

// openTokens opens the ephemeral tokens, as Terraform does before it uses one.
func (c *command) openTokens() {
	if c.w.extras.ephemerals {
		c.openToken("e1", []map[string]any{{}, {"note": userNote}}[c.w.extras.random.IntN(2)])
	}
	if !c.w.extras.renewals {
		return
	}
	c.w.drawOutage(c.w.extras.renewRandom, 3*time.Minute)
	for _, address := range []string{"e2", "e3"}[:1+c.w.extras.renewRandom.IntN(2)] {
		c.openToken(address, c.w.extras.drawEphemeral())
	}
}

// drawEphemeral draws an ephemeral token that often expires during the command.
func (e extras) drawEphemeral() map[string]any {
	config := map[string]any{}
	if lifetime := []string{"", "1s", "5s", "20s", "1m", "2m", "3m"}[e.renewRandom.IntN(7)]; lifetime != "" {
		config["expires_in"] = lifetime
	}
	if e.renewRandom.IntN(3) == 0 {
		config["note"] = userNote
	}
	return config
}

func (c *command) openToken(address string, config map[string]any) {
	c.countCreate(tokenType, 1)
	opened, diagnostics := c.client.Open(context.WithValue(context.Background(), addressKey{}, address), c.w.t, tokenType, config)
	if !c.report("open "+address, diagnostics) {
		if !c.hasBeenKilled() {
			c.countCreate(tokenType, -1)
		}
		return
	}
	token := &openToken{address: address, opened: opened, closing: make(chan struct{}), turn: make(chan struct{}, 1), warnsAt: opened.RenewAt}
	token.key = tokenKey{opened.Text(c.w.t, "id"), c.parseTime(opened.Text(c.w.t, "created_at"))}
	if expires := opened.Text(c.w.t, "expires_at"); expires != "" {
		token.expires = c.parseTime(expires).Add(-c.w.clockOffset)
	}
	c.w.note("%s is %s, %v", address, token.key.id, config)
	c.opened = append(c.opened, token)
	if c.w.extras.renewals {
		c.w.mu.Lock()
		c.w.hub.open = append(c.w.hub.open, token.key)
		c.w.mu.Unlock()
		if token.expires.IsZero() != opened.RenewAt.IsZero() || opened.RenewAt.Before(token.expires) || opened.RenewAt.Sub(token.expires) > requestTimeout+2*time.Second {
			c.w.fail("the token of %s expires in %s, and is renewed in %s", address, token.expires.Sub(c.w.clock.Now()), opened.RenewAt.Sub(c.w.clock.Now()))
		}
		if c.w.extras.renewRandom.IntN(3) == 0 && !opened.RenewAt.IsZero() {
			// The clock of this machine was set.
			early := time.Duration(c.w.extras.renewRandom.Int64N(int64(min(2*time.Minute, opened.RenewAt.Sub(c.w.clock.Now())))))
			token.opened.RenewAt = c.w.clock.Now().Add(early)
		}
		c.renewing.Go(func() { c.renewToken(token) })
	}
}

func (c *command) parseTime(text string) time.Time {
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return moment
}

// renewToken renews a token whenever the provider wants it, until Terraform closes it or
// is interrupted.
func (c *command) renewToken(token *openToken) {
	for !token.opened.RenewAt.IsZero() {
		select {
		case <-c.w.after(token.opened.RenewAt.Sub(c.w.clock.Now())):
		case <-token.closing:
			return
		case <-c.ended:
			return
		}
		if !c.renewOnce(token) {
			return
		}
	}
}

// renewOnce renews a token, and checks that the provider goes on until the token is no
// longer valid. It reports whether there is another renewal.
func (c *command) renewOnce(token *openToken) bool {
	token.turn <- struct{}{}
	defer func() { <-token.turn }()
	if token.isClosed {
		return false
	}
	c.w.note("renew %s", token.address)
	renewed, diagnostics := c.client.Renewed(c.w.t, token.opened)
	if c.stopped.Load() {
		return false
	}
	pause := renewed.RenewAt.Sub(c.w.clock.Now())
	switch {
	case len(diagnostics) > 0:
		c.w.fail("the renewal of %s has a diagnostic, which Terraform does not show: %s", token.address, diagnostics[0].Summary)
	case renewed.RenewAt.IsZero() && !c.isOver(token):
		c.w.fail("the renewals of %s have ended, and its token is valid", token.address)
	case !renewed.RenewAt.IsZero() && (pause <= time.Second || pause > longestRenewalPause):
		c.w.fail("the next renewal of %s is in %s", token.address, pause)
	}
	c.w.note("renewed %s, valid %t", token.address, !renewed.RenewAt.IsZero())
	token.opened = renewed
	return !renewed.RenewAt.IsZero()
}

// isOver reports whether a token has expired, or the second client has revoked it.
func (c *command) isOver(token *openToken) bool {
	hasExpired := !token.expires.IsZero() && !c.w.clock.Now().Before(token.expires)
	return hasExpired || c.w.isRevokedByRival(token.key)
}

// useTokens is what other resources do with the ephemeral tokens.
func (c *command) useTokens() {
	if !c.w.extras.renewals || len(c.opened) == 0 {
		return
	}
	longest := []time.Duration{time.Second, 4 * time.Minute}[c.w.extras.renewRandom.IntN(2)]
	select {
	case <-c.w.after(time.Duration(1 + c.w.extras.renewRandom.Int64N(int64(longest)))):
	case <-c.ended:
	}
	for _, token := range c.opened {
		if _, isThere := c.w.hubTokens()[token.key]; !isThere && !c.isOver(token) {
			c.w.fail("the token of %s was revoked while it was open", token.address)
		}
	}
}

// closeTokens closes the ephemeral tokens, also after an interrupt. The token of a
// command that was killed is left. Terraform sometimes closes none if something has
// failed.
func (c *command) closeTokens() {
	defer c.renewing.Wait()
	for _, token := range c.opened {
		close(token.closing)
	}
	if c.hasBeenKilled() {
		return
	}
	if c.w.extras.renewals && c.hasError && c.w.extras.renewRandom.IntN(4) == 0 {
		c.w.note("Terraform closes no ephemeral resource")
		return
	}
	for _, token := range c.opened {
		c.closeToken(token)
	}
}

// closeToken checks that Close revokes the token or fails, and warns if it has expired.
func (c *command) closeToken(token *openToken) {
	token.turn <- struct{}{}
	defer func() { <-token.turn }()
	token.isClosed = true
	began := c.w.clock.Now()
	diagnostics := c.client.Close(c.w.t, token.opened)
	ok := c.report("close "+token.address, diagnostics)
	if !c.w.extras.renewals || c.hasBeenKilled() {
		return
	}
	c.w.mu.Lock()
	interruptedAt := c.w.interruptedAt
	c.w.mu.Unlock()
	since := began
	if interruptedAt.After(since) {
		since = interruptedAt
	}
	if took := c.w.clock.Now().Sub(since); !interruptedAt.IsZero() && took > interruptedCloseLimit {
		c.w.fail("the close of %s took %s after the interrupt", token.address, took)
	}
	if !ok {
		return
	}
	c.countCreate(tokenType, -1)
	if _, isThere := c.w.hubTokens()[token.key]; isThere {
		c.w.fail("the token of %s is closed, and it is valid", token.address)
	}
	isWarned := false
	for _, each := range diagnostics {
		isWarned = isWarned || strings.Contains(each.Summary, "expired before the end of the run")
	}
	if mustWarn := !token.warnsAt.IsZero() && began.After(token.warnsAt); mustWarn && !isWarned {
		c.w.fail("the token of %s expired %s before its close, without a warning", token.address, began.Sub(token.expires))
	}
	if isWarned && c.w.clock.Now().Before(token.expires) {
		c.w.fail("a warning says that the token of %s has expired", token.address)
	}
}

// exit ends the provider's process. The process closes the ephemeral resources that
// Terraform did not close, and logs those that it could not close.
func (c *command) exit() {
	c.w.mu.Lock()
	c.w.hub.open = nil
	c.w.mu.Unlock()
	if !c.w.extras.renewals || c.hasBeenKilled() {
		return
	}
	bounded, cancel := context.WithTimeout(context.Background(), clients.CloseAllTimeout)
	defer cancel()
	began := c.w.clock.Now()
	if err := c.ephemerals.CloseAll(bounded); err != nil {
		c.w.note("exit: %v", err)
		c.diagnosed = append(c.diagnosed, err.Error())
	}
	if took := c.w.clock.Now().Sub(began); took > clients.CloseAllTimeout+100*time.Millisecond {
		c.w.fail("the exit took %s", took)
	}
}

// revokeOpenTokens revokes an ephemeral token now and then, until the command has ended.
func (w *world) revokeOpenTokens(draw *rand.Rand, done <-chan struct{}) {
	if !w.extras.renewals || draw.IntN(3) > 0 {
		return
	}
	select {
	case <-w.after(time.Duration(1 + draw.Int64N(int64(2*time.Minute)))):
	case <-done:
		return
	}
	w.mu.Lock()
	open := slices.Clone(w.hub.open)
	w.mu.Unlock()
	if len(open) > 0 {
		w.revokeAsRival(open[draw.IntN(len(open))], []string{"", "laptop", userNote}[draw.IntN(3)])
	}
}

// endLater sometimes moves an interrupt or SIGKILL to the time when the ephemeral tokens
// are renewed.
func (e extras) endLater(outside ending) ending {
	if e.renewals && outside.after > 0 && e.renewRandom.IntN(2) == 0 {
		outside.after += time.Duration(e.renewRandom.Int64N(int64(4 * time.Minute)))
	}
	return outside
}
