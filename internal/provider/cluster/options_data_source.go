// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ datasource.DataSource              = (*optionsDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*optionsDataSource)(nil)
)

type optionsDataSource struct{ clients.DataSource }

type optionsModel struct {
	Names    []string               `tfsdk:"names"`
	Options  map[string]optionModel `tfsdk:"options"`
	Defaults types.Dynamic          `tfsdk:"defaults"`
}

type optionModel struct {
	Label   types.String `tfsdk:"label"`
	Type    types.String `tfsdk:"type"`
	Default types.String `tfsdk:"default"`
	Minimum types.Number `tfsdk:"minimum"`
	Maximum types.Number `tfsdk:"maximum"`
	Choices []string     `tfsdk:"choices"`
}

// NewOptionsDataSource returns the pc_cluster_options data source.
func NewOptionsDataSource() datasource.DataSource { return &optionsDataSource{} }

func (d *optionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster_options"
}

func (d *optionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the cluster options that the gateway declares, like Python's `gateway.cluster_options()`. " +
			"A gateway may declare none, or different ones for different users.",
		Attributes: map[string]schema.Attribute{
			"names": schema.ListAttribute{
				MarkdownDescription: "Names of the options, in the gateway's order.",
				ElementType:         types.StringType,
				Computed:            true,
			},
			"options": schema.MapNestedAttribute{
				MarkdownDescription: "The options by name.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: optionAttributes()},
			},
			"defaults": schema.DynamicAttribute{
				MarkdownDescription: "Default of each option by name, as in `options = merge(data.pc_cluster_options.this.defaults, { worker_cores = 2 })`.",
				Computed:            true,
			},
		},
	}
}

func optionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"label": schema.StringAttribute{
			MarkdownDescription: "Display name, for example `Worker Memory (GiB)`: often the only place with the unit.",
			Computed:            true,
		},
		"type": schema.StringAttribute{
			MarkdownDescription: "`string`, `bool`, `int` (a whole number), `float` (any number), `select` (one of `choices`) or `mapping` (an object or a map). Later gateways may have others.",
			Computed:            true,
		},
		"default": schema.StringAttribute{
			MarkdownDescription: "Default as JSON, for `jsondecode(...)`.",
			Computed:            true,
		},
		"minimum": schema.NumberAttribute{
			MarkdownDescription: "Minimum of an `int` or a `float`. Null for no limit.",
			Computed:            true,
		},
		"maximum": schema.NumberAttribute{
			MarkdownDescription: "Maximum of an `int` or a `float`. Null for no limit.",
			Computed:            true,
		},
		"choices": schema.ListAttribute{
			MarkdownDescription: "Values that a `select` may have. Null for other types.",
			ElementType:         types.StringType,
			Computed:            true,
		},
	}
}

func (d *optionsDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	api, ok := d.Gateway.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	declared, err := api.Options(ctx)
	if err != nil {
		diagnostics.AddError(&resp.Diagnostics, "The cluster options could not be read", err)
		return
	}
	model := optionsModel{Names: make([]string, 0, len(declared)), Options: make(map[string]optionModel, len(declared))}
	defaults := make(map[string]any, len(declared))
	for _, option := range declared {
		model.Names = append(model.Names, option.Field)
		model.Options[option.Field] = describeOption(option)
		defaults[option.Field] = option.Default
	}
	object, diags := values.FromObject(ctx, defaults)
	resp.Diagnostics.Append(diags...)
	model.Defaults = object
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func describeOption(option gateway.Option) optionModel {
	value, err := json.Marshal(option.Default)
	if err != nil {
		value = []byte("null")
	}
	return optionModel{
		Label:   types.StringValue(option.Label),
		Type:    types.StringValue(string(option.Type)),
		Default: types.StringValue(string(value)),
		Minimum: numberOrNull(option.Min),
		Maximum: numberOrNull(option.Max),
		Choices: option.Choices,
	}
}

func numberOrNull(number *json.Number) types.Number {
	if number == nil {
		return types.NumberNull()
	}
	value, ok := values.FromNumber(*number).(types.Number)
	if !ok {
		return types.NumberNull()
	}
	return value
}
