// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// hiddenOptions are the names of options that the state does not contain: one name
// for a whole option, two for a member of a mapping such as environment.
type hiddenOptions [][]string

// secretOptions are the options in options_wo.
type secretOptions struct {
	clusterOptions
	isSet bool
}

// secretsFrom reads options_wo, which only the configuration has.
func secretsFrom(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) secretOptions {
	var given types.Dynamic
	diags.Append(config.GetAttribute(ctx, path.Root("options_wo"), &given)...)
	return secretsOf(given)
}

func secretsOf(given types.Dynamic) secretOptions {
	return secretOptions{clusterOptions: configuredOptions(given), isSet: !given.IsNull() && !given.IsUnderlyingValueNull()}
}

// presence reports whether the configuration sets options_wo.
func (s secretOptions) presence() secretsPresence {
	switch {
	case s.areNamesUnknown:
		return unknownSecrets
	case s.isSet:
		return someSecrets
	default:
		return noSecrets
	}
}

// hasUnknown reports whether a name or a value in options_wo is known only after
// apply.
func (s secretOptions) hasUnknown() bool {
	if s.areNamesUnknown {
		return true
	}
	for _, value := range s.values {
		if isUnknown(value) {
			return true
		}
	}
	return false
}

// addTo returns the options with the secret ones added: members of a mapping beside
// those that exist, everything else as a whole.
func (s secretOptions) addTo(options clusterOptions) clusterOptions {
	all := clusterOptions{values: maps.Clone(options.values), origins: options.origins, areNamesUnknown: options.areNamesUnknown || s.areNamesUnknown}
	for name, value := range s.values {
		members, isMapping := value.(map[string]any)
		open, wasMapping := options.values[name].(map[string]any)
		if !isMapping || !wasMapping {
			all.values[name] = value
			continue
		}
		merged := maps.Clone(open)
		maps.Copy(merged, members)
		all.values[name] = merged
	}
	return all
}

// hidden returns the names of what the state must not contain.
func (s secretOptions) hidden() hiddenOptions {
	var names hiddenOptions
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		members, isMapping := s.values[name].(map[string]any)
		if !isMapping {
			names = append(names, []string{name})
			continue
		}
		for _, member := range slices.Sorted(maps.Keys(members)) {
			names = append(names, []string{name, member})
		}
	}
	return names
}

// textsOf returns all texts and numbers in the value of an option, at any depth. A
// gateway that refuses a value may quote it.
func textsOf(value any) []string {
	var texts []string
	switch value := value.(type) {
	case string:
		texts = append(texts, value)
	case json.Number:
		texts = append(texts, value.String())
	case map[string]any:
		for _, member := range value {
			texts = append(texts, textsOf(member)...)
		}
	case []any:
		for _, element := range value {
			texts = append(texts, textsOf(element)...)
		}
	}
	return texts
}

// hideSecrets makes the client mask the secrets in everything that it reports, for
// the rest of the run.
func hideSecrets(api *gateway.Client, secrets secretOptions) {
	api.HideSecrets(textsOf(secrets.values)...)
}

// validate reports what both options and options_wo set.
func (s secretOptions) validate(open clusterOptions, diags *diag.Diagnostics) {
	for _, names := range s.hidden() {
		openValue := open.values[names[0]]
		if openValue == nil || isUnknown(openValue) || isUnknown(s.values[names[0]]) {
			continue
		}
		members, isMapping := openValue.(map[string]any)
		if len(names) == 2 && isMapping {
			if _, isOpen := members[names[1]]; !isOpen {
				continue
			}
		}
		diags.AddAttributeError(s.at(names), "Cluster option set twice",
			fmt.Sprintf("%s is in options and in options_wo. Remove it from options, whose values are stored in the state.", dottedName(names)))
	}
}

func (s secretOptions) at(names []string) path.Path {
	at := path.Root("options_wo")
	for _, name := range names {
		at = at.AtMapKey(name)
	}
	return at
}

func isUnknown(value any) bool {
	_, unknown := value.(values.Unknown)
	return unknown
}

func dottedName(names []string) string {
	if len(names) == 2 {
		return names[0] + "." + names[1]
	}
	return names[0]
}

// strip returns the options of a cluster without the hidden ones.
func (h hiddenOptions) strip(options map[string]any) map[string]any {
	if len(h) == 0 {
		return options
	}
	left := maps.Clone(options)
	for _, names := range h {
		members, isMapping := left[names[0]].(map[string]any)
		if len(names) == 1 || !isMapping {
			// The option was a mapping. Its new value may still contain the secret.
			delete(left, names[0])
			continue
		}
		members = maps.Clone(members)
		delete(members, names[1])
		left[names[0]] = members
	}
	return left
}

// missingFrom returns those of the hidden options that a cluster does not have.
func (h hiddenOptions) missingFrom(running func(name string) any) hiddenOptions {
	var missing hiddenOptions
	for _, names := range h {
		value := running(names[0])
		if len(names) == 2 {
			members, _ := value.(map[string]any)
			value = members[names[1]]
		}
		if value == nil {
			missing = append(missing, names)
		}
	}
	return missing
}

// notIn returns those of the names that options_wo does not set. Of a whole mapping
// it returns the members that options_wo does not set.
func (h hiddenOptions) notIn(secrets secretOptions, running func(name string) any) hiddenOptions {
	var extra hiddenOptions
	for _, names := range h {
		secret, isSecret := secrets.values[names[0]]
		secretMembers, isMapping := secret.(map[string]any)
		members, _ := running(names[0]).(map[string]any)
		switch {
		case !isSecret:
			extra = append(extra, names)
		case isMapping && len(names) == 1:
			for _, member := range slices.Sorted(maps.Keys(members)) {
				if _, isSet := secretMembers[member]; !isSet {
					extra = append(extra, []string{names[0], member})
				}
			}
		case isMapping:
			if _, isSet := secretMembers[names[1]]; !isSet {
				extra = append(extra, names)
			}
		}
	}
	return extra
}

// union returns the options in either list.
func (h hiddenOptions) union(other hiddenOptions) hiddenOptions {
	all := slices.Concat(h, other)
	slices.SortFunc(all, slices.Compare)
	return slices.CompactFunc(all, slices.Equal)
}

// String lists the names, for diagnostics.
func (h hiddenOptions) String() string {
	names := make([]string, 0, len(h))
	for _, each := range h {
		names = append(names, dottedName(each))
	}
	return strings.Join(names, ", ")
}

// addSecretOptionError reports what an option accepts, without the value.
func addSecretOptionError(diags *diag.Diagnostics, name string, err error) {
	detail := "The data source pc_cluster_options has what the option accepts."
	if invalid, ok := errors.AsType[*gateway.InvalidOptionError](err); ok {
		detail = fmt.Sprintf("%s must be %s.", name, invalid.Allowed)
	}
	diags.AddAttributeError(path.Root("options_wo").AtMapKey(name), fmt.Sprintf("Invalid value for the cluster option %q", name),
		detail+" The value is write-only and is not shown.")
}

// copiedTo returns the options of a cluster, outside options and options_wo, that
// contain a secret: a gateway may copy it under another name.
func (s secretOptions) copiedTo(options map[string]any, set map[string]any) hiddenOptions {
	secrets := slices.DeleteFunc(textsOf(s.values), func(text string) bool { return len(text) < minCopiedSecret })
	var copies hiddenOptions
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if _, isSet := set[name]; isSet {
			continue
		}
		if slices.ContainsFunc(textsOf(options[name]), func(text string) bool {
			return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
		}) {
			copies = append(copies, []string{name})
		}
	}
	return copies
}

// minCopiedSecret is the length from which a text is recognised in other options.
// Shorter ones occur in many values by chance.
const minCopiedSecret = 4
