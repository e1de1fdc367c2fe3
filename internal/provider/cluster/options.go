// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// clusterOptions are the options that a configuration requests, by name.
type clusterOptions struct {
	values map[string]any
	// areNamesUnknown reports whether even the names are known only after apply.
	areNamesUnknown bool
	// origins has the origin of each option that does not come from the configuration.
	origins map[string]string
}

// path returns the attribute path of one option. Terraform finds the line of a member of
// a dynamic attribute by its map key, even if the value is an object.
func (o clusterOptions) path(name string) path.Path {
	if o.origins[name] != "" {
		return path.Root("options")
	}
	return path.Root("options").AtMapKey(name)
}

// requestedOptions returns the options of a new cluster: the configured options, and
// for the others those in Dask's own configuration, under gateway.cluster.options. The
// latter never cause a replacement, because they depend on the machine.
func (r *clusterResource) requestedOptions(plan resourceModel) clusterOptions {
	requested := configuredOptions(plan.Options)
	for name, setting := range r.Settings.ClusterOptions {
		if _, set := requested.values[name]; set {
			continue
		}
		requested.values[name], requested.origins[name] = setting.Value, setting.Origin
	}
	return requested
}

func configuredOptions(options types.Dynamic) clusterOptions {
	requested := clusterOptions{values: map[string]any{}, origins: map[string]string{}}
	if options.IsUnknown() || options.IsUnderlyingValueUnknown() {
		requested.areNamesUnknown = true
		return requested
	}
	for name, member := range members(options) {
		if value := values.ToGo(member); value != nil {
			requested.values[name] = value
		}
	}
	return requested
}

// checkOptions checks the options against those that the gateway declares, and
// returns the latter. If the gateway is unreachable, the result is a warning,
// because the plan may be made before the gateway runs.
func checkOptions(ctx context.Context, api *gateway.Client, requested clusterOptions, secrets secretOptions, diags *diag.Diagnostics) []gateway.Option {
	declared, err := api.Options(ctx)
	if err != nil {
		addOptionsUnavailable(diags, err)
		return nil
	}
	byName := make(map[string]gateway.Option, len(declared))
	for _, option := range declared {
		byName[option.Field] = option
	}
	all := secrets.addTo(requested)
	for _, name := range slices.Sorted(maps.Keys(all.values)) {
		if isUnknown(all.values[name]) {
			continue
		}
		_, isSecret := secrets.values[name]
		option, ok := byName[name]
		if !ok {
			addUnknownOption(diags, requested, name, isSecret, declared)
			continue
		}
		switch err := option.Check(all.values[name]); {
		case err == nil:
		case isSecret:
			addSecretOptionError(diags, name, err)
		default:
			diags.AddAttributeError(requested.path(name), fmt.Sprintf("Invalid value for the cluster option %q", name),
				err.Error()+"."+originNote(requested, name))
		}
	}
	return declared
}

func addUnknownOption(diags *diag.Diagnostics, requested clusterOptions, name string, isSecret bool, declared []gateway.Option) {
	at := requested.path(name)
	if isSecret {
		at = path.Root("options_wo").AtMapKey(name)
	}
	names := make([]string, 0, len(declared))
	for _, option := range declared {
		names = append(names, option.Field)
	}
	detail := "This gateway declares no cluster options."
	if len(names) > 0 {
		detail = "This gateway has the cluster options " + gateway.ListNames(names) + "."
	}
	if nearest := gateway.Nearest(name, declared); nearest != "" {
		detail = fmt.Sprintf("Did you mean %q? ", nearest) + detail
	}
	diags.AddAttributeError(at, fmt.Sprintf("The gateway has no cluster option %q", name), detail+originNote(requested, name))
}

func originNote(requested clusterOptions, name string) string {
	if origin := requested.origins[name]; origin != "" {
		return " The value comes from " + origin + "."
	}
	return ""
}

// addOptionsUnavailable warns if the gateway is unreachable or fails. Refused
// credentials and a wrong server are errors, which must be seen before the apply.
func addOptionsUnavailable(diags *diag.Diagnostics, err error) {
	if !isOutage(err) {
		diagnostics.AddError(diags, "The gateway's cluster options could not be read", err)
		return
	}
	diags.AddAttributeWarning(path.Root("options"), "Could not check the cluster options",
		diagnostics.Explain(err)+"\n\nThe plan goes on without the check. "+applyWithoutGateway(err))
}

// applyWithoutGateway returns what the apply will do if the error persists.
func applyWithoutGateway(err error) string {
	failure, _ := errors.AsType[*transport.Error](err)
	switch {
	case failure != nil && failure.IsHostNotFound:
		return "If the name still does not resolve at the apply, the apply fails and creates nothing."
	case failure != nil && failure.IsRefused:
		return "If nothing listens there at the apply either, the apply retries for some seconds, fails and creates nothing."
	default:
		return "The gateway checks the options when the cluster is created. If the gateway is still unavailable at the apply, the apply retries for some seconds and fails."
	}
}

// isOutage reports whether the gateway is unreachable or fails. An HTTP proxy that
// refuses the request is no outage, because its address is in the configuration.
func isOutage(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind != transport.KindProxy && failure.Status != http.StatusNotFound && transport.IsTransient(failure)
}

// addOutsideOptionsWarning names the options of a new cluster that do not come from
// the configuration. Another machine may have other values.
func addOutsideOptionsWarning(diags *diag.Diagnostics, requested clusterOptions, declared []gateway.Option) {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(requested.origins)) {
		value := ""
		for _, option := range declared {
			if option.Field == name && option.IsPrintable() {
				value = " = " + values.JSON(requested.values[name])
			}
		}
		fmt.Fprintf(&lines, "\n  %s%s from %s", name, value, requested.origins[name])
	}
	if lines.Len() == 0 {
		return
	}
	diags.AddAttributeWarning(path.Root("options"), "Cluster options from outside the configuration",
		"The new cluster gets these options, which its configuration does not set:"+lines.String()+
			"\n\nThey apply when the cluster is created and are not compared afterwards. To have the same cluster everywhere, set them in options.")
}
