// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

// desiredCluster is the part of a configuration that can require a replacement.
type desiredCluster struct {
	options        clusterOptions
	secrets        secretsPresence
	secretsVersion types.Int64
	whenEnded      types.String
}

// secretsPresence reports whether a configuration sets options_wo. The values in
// options_wo decide nothing: Terraform does not store them.
type secretsPresence int

const (
	noSecrets secretsPresence = iota
	someSecrets
	// unknownSecrets means that options_wo as a whole is known only after apply, so
	// that it may be null.
	unknownSecrets
)

// currentCluster is the part of the prior state that can require a replacement.
type currentCluster struct {
	options        map[string]any
	effective      map[string]any
	secretsVersion types.Int64
	status         gateway.Status
}

// recordedFacts is what the private state contains for planning. It is written when
// the cluster is created, imported or updated.
type recordedFacts struct {
	// areSecretsKnown reports that hidden was recorded. It is false from an import until
	// the first update, because an import does not know the configuration.
	areSecretsKnown bool
	hidden          hiddenOptions
	// defaults contains the gateway's default, as declared at that time, of each
	// option that the cluster runs with another value. Defaults that may not
	// be printed are nil. The map is nil if the defaults were not recorded.
	defaults map[string]any
}

// decision is what planning does with an existing cluster.
type decision struct {
	// reasons require the replacement of the cluster. Without reasons it stays.
	reasons []reason
	// unmanaged are the options and members of an imported cluster that the
	// configuration does not set and that options_wo may set.
	unmanaged hiddenOptions
	// uncompared are options that the configuration no longer sets and whose default
	// was not recorded.
	uncompared []string
	// isUnread means that the gateway has not reported the cluster yet.
	isUnread bool
	// needsSecrets means that the plan depends on whether options_wo is null, which
	// is not known yet. This is an error.
	needsSecrets bool
}

func (d decision) replaces() bool { return len(d.reasons) > 0 }

// reason is one difference that requires a replacement.
type reason struct {
	kind reasonKind
	// option is the name of the option; "" if the reason is not an option.
	option string
}

type reasonKind int

const (
	// optionChanged: the configuration sets another value than the cluster has.
	optionChanged reasonKind = iota
	// optionRemoved: the configuration no longer sets the option, and the cluster
	// does not run with the recorded default.
	optionRemoved
	// optionUnknown: the value is known only after apply.
	optionUnknown
	// secretsVersionChanged: options_wo_version differs or is unknown.
	secretsVersionChanged
	// clusterEnded: the cluster has ended, and when_ended no longer keeps it.
	clusterEnded
)

// decide compares a configuration with an existing cluster. It is a pure function:
// Terraform plans again during apply and requires the same action, so neither the
// gateway nor the clock nor the environment may influence it. Values that are unknown
// and could require a replacement are planned as a replacement, which Terraform
// accepts whatever the values turn out to be.
func decide(want desiredCluster, have currentCluster, recorded recordedFacts) decision {
	if have.status == "" {
		return decision{isUnread: true}
	}
	adopting := !recorded.areSecretsKnown && want.secrets != noSecrets
	d := decision{reasons: optionReasons(want.options, have, adopting)}
	switch removed := removedOptions(want.options, have); {
	case want.options.areNamesUnknown:
	case adopting:
		d.unmanaged = unmanagedOptions(want.options, have)
	default:
		for _, name := range removed {
			if recorded.defaults == nil {
				d.uncompared = append(d.uncompared, name)
			} else if _, differs := recorded.defaults[name]; differs {
				d.reasons = append(d.reasons, reason{optionRemoved, name})
			}
		}
	}
	if recorded.areSecretsKnown && !want.secretsVersion.Equal(have.secretsVersion) {
		d.reasons = append(d.reasons, reason{kind: secretsVersionChanged})
	}
	if have.status.IsFinal() && !whenended.Keeps(want.whenEnded) {
		d.reasons = append(d.reasons, reason{kind: clusterEnded})
	}
	if want.secrets == unknownSecrets && !values.IsKnown(want.secretsVersion) && !recorded.areSecretsKnown && !d.replaces() {
		exact := want
		exact.secrets = noSecrets
		d.needsSecrets = decide(exact, have, recorded).replaces()
	}
	return d
}

// optionReasons compares the configured options with what the cluster was created
// with and with what it runs with. While an import is being adopted, a mapping may
// have members that the configuration does not set: options_wo may set them.
func optionReasons(want clusterOptions, have currentCluster, isAdopting bool) []reason {
	if want.areNamesUnknown {
		return []reason{{kind: optionUnknown}}
	}
	var reasons []reason
	for _, name := range slices.Sorted(maps.Keys(want.values)) {
		value := want.values[name]
		prior, wasSet := have.options[name]
		effective, isEffective := have.effective[name]
		switch {
		case isUnknown(value):
			reasons = append(reasons, reason{optionUnknown, name})
		case wasSet && isSatisfied(value, prior, isAdopting), isEffective && isSatisfied(value, effective, isAdopting):
		default:
			reasons = append(reasons, reason{optionChanged, name})
		}
	}
	return reasons
}

// isSatisfied reports whether a cluster that runs with a value has what the
// configuration requests.
func isSatisfied(want, has any, allowMoreMembers bool) bool {
	members, isMapping := want.(map[string]any)
	present, wasMapping := has.(map[string]any)
	if !allowMoreMembers || !isMapping || !wasMapping {
		return gateway.IsSameValue(want, has)
	}
	for name, member := range members {
		if value, exists := present[name]; !exists || !gateway.IsSameValue(member, value) {
			return false
		}
	}
	return true
}

// removedOptions returns the options that the configuration no longer sets.
func removedOptions(want clusterOptions, have currentCluster) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(have.options)) {
		if _, isSet := want.values[name]; !isSet {
			names = append(names, name)
		}
	}
	return names
}

// unmanagedOptions returns the options of an imported cluster, and the members of its
// mappings, that the configuration does not set. Options with the gateway's
// default are not among them, because an import does not put those into options.
func unmanagedOptions(want clusterOptions, have currentCluster) hiddenOptions {
	var unmanaged hiddenOptions
	for _, name := range removedOptions(want, have) {
		unmanaged = append(unmanaged, []string{name})
	}
	for _, name := range slices.Sorted(maps.Keys(want.values)) {
		members, isMapping := want.values[name].(map[string]any)
		present, wasMapping := have.running(name).(map[string]any)
		if !isMapping || !wasMapping {
			continue
		}
		for _, member := range slices.Sorted(maps.Keys(present)) {
			if _, isSet := members[member]; !isSet {
				unmanaged = append(unmanaged, []string{name, member})
			}
		}
	}
	return unmanaged
}

// running returns the value with which the cluster runs, or nil.
func (c currentCluster) running(name string) any {
	if value, exists := c.effective[name]; exists {
		return value
	}
	return c.options[name]
}
