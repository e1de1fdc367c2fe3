// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// clusterOptions are the options that a configuration asks for, by name.
type clusterOptions struct {
	values map[string]any
	// undecided says that even the names are known only after apply.
	undecided bool
	// origins has where an option comes from that is not in the configuration.
	origins map[string]string
}

// unknown says whether any part is known only after apply.
func (o clusterOptions) unknown() bool {
	if o.undecided {
		return true
	}
	for _, value := range o.values {
		if _, unknown := value.(values.Unknown); unknown {
			return true
		}
	}
	return false
}

// path is the place in the configuration that sets one option. Terraform finds
// the line of a member of a dynamic attribute by its key, also when it is an
// object.
func (o clusterOptions) path(name string) path.Path {
	if o.origins[name] != "" {
		return path.Root("options")
	}
	return path.Root("options").AtMapKey(name)
}

// wantedOptions are the configured options over the defaults that Dask's own
// configuration gives under gateway.cluster.options.
func (r *clusterResource) wantedOptions(plan resourceModel) clusterOptions {
	wanted := configuredOptions(plan.Options)
	for name, setting := range r.Settings.ClusterOptions {
		if _, set := wanted.values[name]; set {
			continue
		}
		wanted.values[name], wanted.origins[name] = setting.Value, setting.Origin
	}
	return wanted
}

func configuredOptions(options types.Dynamic) clusterOptions {
	wanted := clusterOptions{values: map[string]any{}, origins: map[string]string{}}
	if options.IsUnknown() || options.IsUnderlyingValueUnknown() {
		wanted.undecided = true
		return wanted
	}
	var members map[string]attr.Value
	switch underlying := options.UnderlyingValue().(type) {
	case types.Object:
		members = underlying.Attributes()
	case types.Map:
		members = underlying.Elements()
	}
	for name, member := range members {
		if value := values.ToGo(member); value != nil {
			wanted.values[name] = value
		}
	}
	return wanted
}

// checkOptions holds the options against what the gateway declares. A gateway
// that cannot be asked is a warning: the plan may be made before it is up.
func checkOptions(ctx context.Context, api *gateway.Client, wanted clusterOptions, secrets secretOptions, diags *diag.Diagnostics) {
	declared, err := api.Options(ctx)
	if err != nil {
		addOptionsUnavailable(diags, err)
		return
	}
	byName := make(map[string]gateway.Option, len(declared))
	for _, option := range declared {
		byName[option.Field] = option
	}
	all := secrets.over(wanted)
	for _, name := range slices.Sorted(maps.Keys(all.values)) {
		if _, unknown := all.values[name].(values.Unknown); unknown {
			continue
		}
		_, secret := secrets.values[name]
		option, ok := byName[name]
		if !ok {
			addUnknownOption(diags, wanted, name, secret, declared)
			continue
		}
		switch err := option.Check(all.values[name]); {
		case err == nil:
		case secret:
			addSecretOptionError(diags, name, err)
		default:
			diags.AddAttributeError(wanted.path(name), "The cluster option "+name+" has a value that the gateway does not allow",
				err.Error()+"."+originNote(wanted, name))
		}
	}
}

func addUnknownOption(diags *diag.Diagnostics, wanted clusterOptions, name string, secret bool, declared []gateway.Option) {
	at := wanted.path(name)
	if secret {
		at = path.Root("options_wo").AtMapKey(name)
	}
	names := make([]string, 0, len(declared))
	for _, option := range declared {
		names = append(names, option.Field)
	}
	detail := "This gateway lets no cluster option be chosen."
	if len(names) > 0 {
		detail = "This gateway has the cluster options " + strings.Join(names, ", ") + "."
	}
	if nearest := gateway.Nearest(name, declared); nearest != "" {
		detail = fmt.Sprintf("Did you mean %q? ", nearest) + detail
	}
	diags.AddAttributeError(at, fmt.Sprintf("The gateway has no cluster option %q", name), detail+originNote(wanted, name))
}

func originNote(wanted clusterOptions, name string) string {
	if origin := wanted.origins[name]; origin != "" {
		return " The value comes from " + origin + "."
	}
	return ""
}

// addOptionsUnavailable warns where the gateway is out of reach or out of
// order. Whoever was turned away, or talks to the wrong server, must know
// before the apply.
func addOptionsUnavailable(diags *diag.Diagnostics, err error) {
	if !isOutage(err) {
		diagnostics.AddError(diags, "The gateway's cluster options could not be read", err)
		return
	}
	diags.AddAttributeWarning(path.Root("options"), "The cluster options could not be checked",
		diagnostics.Explain(err)+"\n\nThe plan goes on without the check; the gateway checks the options again when the cluster is made.")
}

// isOutage leaves out a proxy that lets nothing through: it is in the configuration.
func isOutage(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind != transport.KindProxy && failure.Passes()
}

// comparison is what decides between a change in place and another cluster.
type comparison struct {
	plan, state resourceModel
	wanted      clusterOptions
	imported    bool
	// lacking says of an imported cluster that it was made without one of the
	// write-only options.
	lacking bool
}

// needsReplacement says whether the running cluster differs, in value, from
// what the configuration asks for. 1 and 1.0 are equal, and an option that was
// never set is equal to the default that was in effect. An option that the
// configuration no longer sets, and every option of an imported cluster, is
// held against the gateway's default of today. A cluster that lacks a write-only
// option is decided on before anything is said of values, of which others may be
// secret.
func (r *clusterResource) needsReplacement(ctx context.Context, c comparison, diags *diag.Diagnostics) bool {
	if c.wanted.unknown() || c.lacking || !c.imported && !c.plan.OptionsWOVersion.Equal(c.state.OptionsWOVersion) {
		return true
	}
	effective, ok := values.ToGo(c.state.EffectiveOptions).(map[string]any)
	if !ok {
		return !c.plan.Options.Equal(c.state.Options)
	}
	for name, value := range c.wanted.values {
		if has, ok := effective[name]; !ok || !gateway.SameValue(value, has) {
			return true
		}
	}
	left := c.leftOut(effective)
	if len(left) == 0 {
		return false
	}
	return r.differsFromDefaults(ctx, effective, left, diags)
}

// leftOut names the options in effect that the configuration does not set, and
// of which it is not known that they are the gateway's defaults.
func (c comparison) leftOut(effective map[string]any) []string {
	before := configuredOptions(c.state.Options).values
	var names []string
	for name := range effective {
		_, wanted := c.wanted.values[name]
		_, had := before[name]
		if !wanted && (had || c.imported) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *clusterResource) differsFromDefaults(ctx context.Context, effective map[string]any, names []string, diags *diag.Diagnostics) bool {
	api, ok := r.Gateway.Get(diags)
	if !ok {
		return false
	}
	declared, err := api.Options(ctx)
	if err != nil {
		addOptionsUnavailable(diags, err)
		return false
	}
	for _, option := range declared {
		if slices.Contains(names, option.Field) && !gateway.SameValue(option.Default, effective[option.Field]) {
			diags.AddAttributeWarning(path.Root("options"), "A cluster option that is left out makes another cluster necessary",
				fmt.Sprintf("The cluster has %s = %s, and the gateway's default is %s. To keep the cluster, set the option to what it has.",
					option.Field, values.JSON(effective[option.Field]), values.JSON(option.Default)))
			return true
		}
	}
	return false
}
