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

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// hiddenKey names, in the private state, what was given by options_wo: the
// gateway tells all options of a cluster, and these must not come back that way.
const hiddenKey = "options_wo"

// hiddenOptions are the names of write-only options: one name for a whole option,
// two for a member of a mapping such as environment.
type hiddenOptions [][]string

// secretOptions are what options_wo adds to the options.
type secretOptions struct{ clusterOptions }

// secretsFrom reads options_wo, which is in the configuration alone.
func secretsFrom(ctx context.Context, config tfsdk.Config, diags *diag.Diagnostics) secretOptions {
	var given types.Dynamic
	diags.Append(config.GetAttribute(ctx, path.Root("options_wo"), &given)...)
	return secretsOf(given)
}

func secretsOf(given types.Dynamic) secretOptions { return secretOptions{configuredOptions(given)} }

// over returns the options with the secret ones put in: members of a mapping
// beside those that are there, everything else as a whole.
func (s secretOptions) over(options clusterOptions) clusterOptions {
	all := clusterOptions{values: maps.Clone(options.values), origins: options.origins, undecided: options.undecided || s.undecided}
	for name, value := range s.values {
		members, isMapping := value.(map[string]any)
		there, wasMapping := options.values[name].(map[string]any)
		if !isMapping || !wasMapping {
			all.values[name] = value
			continue
		}
		merged := maps.Clone(there)
		maps.Copy(merged, members)
		all.values[name] = merged
	}
	return all
}

// hidden names what must not be stored.
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

// textsOf are all texts in a value of an option, however deep: a gateway that
// refuses one says what it was given.
func textsOf(value any) []string {
	var texts []string
	switch value := value.(type) {
	case string:
		texts = append(texts, value)
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

// validate refuses what options sets as well.
func (s secretOptions) validate(open clusterOptions, diags *diag.Diagnostics) {
	for _, names := range s.hidden() {
		there := open.values[names[0]]
		if there == nil || isUnknown(there) || isUnknown(s.values[names[0]]) {
			continue
		}
		members, isMapping := there.(map[string]any)
		if len(names) == 2 && isMapping {
			if _, twice := members[names[1]]; !twice {
				continue
			}
		}
		diags.AddAttributeError(s.at(names), "An option is given twice",
			fmt.Sprintf("%s is in options and in options_wo. Leave it out of options: what is there is stored in the state.", dotted(names)))
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

func dotted(names []string) string {
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
			// What was a mapping and is none any more may still hold the secret.
			delete(left, names[0])
			continue
		}
		members = maps.Clone(members)
		delete(members, names[1])
		left[names[0]] = members
	}
	return left
}

// in says whether the options have all the hidden ones.
func (h hiddenOptions) in(options map[string]any) bool {
	return !slices.ContainsFunc(h, func(names []string) bool {
		value, there := options[names[0]]
		if there && len(names) == 2 {
			members, _ := value.(map[string]any)
			_, there = members[names[1]]
		}
		return !there
	})
}

// hiddenFrom reads the names that were kept when the cluster was made.
func hiddenFrom(ctx context.Context, private clients.PrivateReader, diags *diag.Diagnostics) hiddenOptions {
	text, keyDiags := private.GetKey(ctx, hiddenKey)
	diags.Append(keyDiags...)
	if len(text) == 0 {
		return nil
	}
	var hidden hiddenOptions
	if err := json.Unmarshal(text, &hidden); err != nil {
		diags.AddError("The state of the cluster is damaged", "Which of its options are write-only could not be read: "+err.Error())
	}
	return hidden
}

// addSecretOptionError says what an option takes, and not what it got.
func addSecretOptionError(diags *diag.Diagnostics, name string, err error) {
	detail := "What it takes is shown by the data source pc_cluster_options."
	if invalid, ok := errors.AsType[*gateway.InvalidOptionError](err); ok {
		detail = fmt.Sprintf("%s must be %s.", name, invalid.Allowed)
	}
	diags.AddAttributeError(path.Root("options_wo").AtMapKey(name), "The cluster option "+name+" has a value that the gateway does not allow",
		detail+" The value is write-only and is not shown.")
}
