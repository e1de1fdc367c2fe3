// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// earlyMargin and lateMargin are how much longer than the time from send to failure
	// the window of an adoption may be. The Date header and the start times of
	// Kubernetes are in whole seconds, and transport.OnServerClock adds a second.
	earlyMargin = 3 * time.Second
	lateMargin  = 2 * time.Second
	// decidingTime is how long after a failure the listings count of which one may be
	// the first of the create.
	decidingTime = 10 * time.Second
	// lateStart is how long after a lost response the gateway may still create the
	// cluster, with three creates under way (internal/gateway/creates.go).
	lateStart = 3*time.Second + 2*400*time.Millisecond
)

// checkPromises checks the promises after a command, once everything has settled.
func (w *world) checkPromises() {
	w.checkClusters()
	w.checkTokens()
	w.checkRivals()
	w.checkServers()
	if w.lastSucceeded && len(w.failures) == 0 && !w.serverRivals.hasActed {
		w.checkSecondPlan()
	}
}

// checkCommand records what later checks need of a command.
func (w *world) checkCommand(c *command) {
	w.lastSucceeded, w.lastDiagnosed = !c.hasError && !c.stopped.Load(), c.diagnosed
	w.unknown, w.unknownTokens, w.unknownServers = 0, 0, 0
	if c.hasBeenKilled() {
		w.unknown, w.unknownTokens, w.unknownServers = c.creating[clusterType], c.creating[tokenType], c.creating[serverType]
		return
	}
	couldNotLook, lossy := 0, 0
	for _, each := range c.diagnosed {
		if strings.Contains(each, "may run and cost money") {
			couldNotLook++
		}
	}
	for _, each := range w.creates {
		if each.path == clustersPath && each.isLossy && !each.arrived.Before(c.began) {
			lossy++
		}
	}
	if couldNotLook > 0 {
		w.unknown = lossy
	}
}

// checkClusters checks that no cluster is lost or in the state twice.
func (w *world) checkClusters() {
	rivals := w.rivalsSoFar()
	owners := map[string]string{}
	for _, address := range addresses(w.state) {
		each := w.state[address]
		if each.typeName != clusterType {
			continue
		}
		if other := owners[each.name]; other != "" {
			w.fail("%s and %s are both the cluster %s", other, address, each.name)
		}
		owners[each.name] = address
	}
	lost := 0
	w.checkAbsences()
	for _, each := range w.mock.Clusters(user) {
		_, isRival := rivals.clusters[each.Name]
		if isRival || !isActive(each.Status) || owners[each.Name] != "" || w.isReported[each.Name] {
			continue
		}
		if w.isNamed(each.Name) {
			w.isReported[each.Name] = true
			continue
		}
		lost++
		// It is excused once: by the command that could not look.
		w.isReported[each.Name] = true
		w.orphans = append(w.orphans, orphan{each.Name, each.Options})
		if lost > w.unknown {
			w.fail("the cluster %s is lost: it is %s, in no state and in no diagnostic", each.Name, each.Status)
		}
	}
}

// checkAbsences checks that no running cluster was taken for gone.
func (w *world) checkAbsences() {
	for _, each := range w.mock.Clusters(user) {
		isAbsent := func(text string) bool {
			return strings.HasPrefix(text, "The cluster "+each.Name+" is gone\n") || strings.HasPrefix(text, "The cluster "+each.Name+" has ended\n")
		}
		if isActive(each.Status) && slices.ContainsFunc(w.diagnosed, isAbsent) {
			w.fail("the cluster %s was taken for gone, and it is %s", each.Name, each.Status)
		}
	}
}

func isActive(status string) bool { return status == "PENDING" || status == "RUNNING" }

func (w *world) isRunning(name string) bool {
	for _, each := range w.mock.Clusters(user) {
		if each.Name == name {
			return isActive(each.Status)
		}
	}
	return false
}

// isNamed reports whether a diagnostic names the cluster.
func (w *world) isNamed(name string) bool {
	return slices.ContainsFunc(w.diagnosed, func(text string) bool { return strings.Contains(text, name) })
}

// checkTokens checks that each token of the configuration is in the state or in a
// diagnostic.
func (w *world) checkTokens() {
	rivals := w.rivalsSoFar()
	lost, inState := 0, map[string]bool{}
	for _, each := range w.state {
		if each.typeName == tokenType {
			inState[each.name] = true
		}
	}
	for _, each := range w.mock.Tokens(user) {
		key := tokenKey{each.ID, each.Created}
		_, isRival := rivals.tokens[key]
		isOurs := each.Note == userNote || strings.HasPrefix(each.Note, "Managed by Terraform") || strings.HasPrefix(each.Note, "One run of Terraform")
		if isRival || inState[each.ID] || !isOurs || w.isReportedToken[key] {
			continue
		}
		pattern := regexp.MustCompile(`\b` + regexp.QuoteMeta(each.ID) + `\b`)
		isNamed := func(text string) bool {
			return pattern.MatchString(text) || strings.Contains(text, "the tokens could not be listed since")
		}
		w.isReportedToken[key] = true
		if slices.ContainsFunc(w.diagnosed, isNamed) {
			continue
		}
		if lost++; lost > w.unknownTokens {
			w.fail("the token %s (%q) is in no state and in no diagnostic", each.ID, each.Note)
		}
	}
}

// checkRivals checks that the clusters and tokens of the second client are taken only
// inside the window, and clusters only with the warning.
func (w *world) checkRivals() {
	rivals := w.rivalsSoFar()
	running := map[string]bool{}
	for _, each := range w.mock.Clusters(user) {
		running[each.Name] = isActive(each.Status)
	}
	inState := map[string]bool{}
	for _, each := range w.state {
		inState[each.name] = true
	}
	for name, isDifferent := range rivals.different {
		// After an interrupt the provider may not know the defaults, and compares less.
		isTakenForEqual := func(text string) bool {
			return strings.Contains(text, name) && !strings.Contains(text, "The interrupt left time")
		}
		if isDifferent && slices.ContainsFunc(w.diagnosed, isTakenForEqual) {
			w.fail("a diagnostic names the rival's cluster %s, which has other options", name)
			return
		}
	}
	for name, startedAt := range rivals.clusters {
		if running[name] && !inState[name] {
			continue
		}
		if rivals.different[name] {
			w.fail("the rival's cluster %s was taken, which has other options (running %t, in the state %t)", name, running[name], inState[name])
		}
		isWarned := slices.ContainsFunc(w.diagnosed, func(text string) bool { return strings.Contains(text, "The cluster "+name+" was taken over") })
		if !isWarned {
			w.fail("the rival's cluster %s was taken without a warning (running %t, in the state %t)", name, running[name], inState[name])
		}
		if !w.isInWindow(clustersPath, startedAt, lateStart) {
			w.fail("the rival's cluster %s was taken outside the window", name)
		}
	}
	valid := map[tokenKey]bool{}
	for _, each := range w.mock.Tokens(user) {
		valid[tokenKey{each.ID, each.Created}] = true
	}
	for key, createdAt := range rivals.tokens {
		if !valid[key] && !w.isInWindow(tokensPath, createdAt, 0) && !w.isRecycledUnseen(key.id, createdAt) {
			w.fail("the rival's token %s was revoked outside the window", key.id)
		}
	}
}

// isInWindow reports whether a failed create can have made what began at that time.
func (w *world) isInWindow(path string, at time.Time, late time.Duration) bool {
	return slices.ContainsFunc(w.creates, func(create sentCreate) bool {
		delay := w.listingDelay(create)
		return create.path == path && !at.Before(create.arrived.Add(-earlyMargin-delay)) && !at.After(create.answered.Add(late+lateMargin+delay))
	})
}

// listingDelay is how much longer the window of a create is because its listing took
// long. The listing that decides is the first that the create receives after its
// failure, but up to three creates look at the same time.
func (w *world) listingDelay(create sentCreate) time.Duration {
	delay := time.Duration(0)
	for _, each := range w.listings {
		if each.answered.Before(create.answered) {
			continue
		}
		delay = max(delay, each.delay)
		if each.arrived.After(create.answered.Add(decidingTime)) {
			break
		}
	}
	return delay
}

// checkSecondPlan checks that a plan after a successful apply is empty.
func (w *world) checkSecondPlan() {
	w.note("second plan")
	c := w.newCommand()
	refreshed, actions, ok := c.plan()
	if !ok {
		w.fail("the second plan failed: %s", strings.Join(c.diagnosed, "; "))
		return
	}
	for _, address := range addresses(w.config) {
		if actions[address] != noAction {
			w.fail("the second plan has action %d for %s", actions[address], address)
		}
	}
	if got, want := addresses(refreshed), addresses(w.config); !slices.Equal(got, want) {
		w.fail("the state has %v, the configuration %v", got, want)
	}
}
