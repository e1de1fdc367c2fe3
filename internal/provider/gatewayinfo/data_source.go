// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package gatewayinfo has the pc_gateway data source.
package gatewayinfo

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ datasource.DataSource              = (*gatewayDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*gatewayDataSource)(nil)
)

type gatewayDataSource struct{ clients.DataSource }

type gatewayModel struct {
	Address           types.String `tfsdk:"address"`
	ProxyAddress      types.String `tfsdk:"proxy_address"`
	PublicAddress     types.String `tfsdk:"public_address"`
	Version           types.String `tfsdk:"version"`
	ClientRequirement types.String `tfsdk:"client_requirement"`
	Healthy           types.Bool   `tfsdk:"healthy"`
}

// NewDataSource returns the pc_gateway data source.
func NewDataSource() datasource.DataSource { return &gatewayDataSource{} }

func (d *gatewayDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_gateway"
}

func (d *gatewayDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the provider's Dask Gateway: its resolved addresses, health and version. " +
			"A gateway older than `" + gateway.OldestTested + "`, the oldest tested version, causes a warning.",
		Attributes: map[string]schema.Attribute{
			"address": schema.StringAttribute{
				MarkdownDescription: "Address of the gateway's API, without a slash at the end.",
				Computed:            true,
			},
			"proxy_address": schema.StringAttribute{
				MarkdownDescription: "Address of the proxy in front of the schedulers, `gateway://HOST:PORT`.",
				Computed:            true,
			},
			"public_address": schema.StringAttribute{
				MarkdownDescription: "Address of the gateway for browsers, or only a path. Dashboard links begin with it.",
				Computed:            true,
			},
			"version": schema.StringAttribute{
				MarkdownDescription: "Version of the gateway, for example `2026.3.0`.",
				Computed:            true,
			},
			"client_requirement": schema.StringAttribute{
				MarkdownDescription: "The Python client of the gateway's version, for `pip install` or requirements.txt: `dask-gateway==2026.3.0`. " +
					"Other versions also work.",
				Computed: true,
			},
			"healthy": schema.BoolAttribute{
				MarkdownDescription: "Whether the gateway reports that it is healthy; if not, a warning has the reason. No response is an error.",
				Computed:            true,
			},
		},
	}
}

func (d *gatewayDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	api, ok := d.Gateway.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	version, err := api.Version(ctx)
	if err != nil {
		diagnostics.AddError(&resp.Diagnostics, "The gateway did not return its version", err)
		return
	}
	health := api.Health(ctx)
	switch failure, isTransportError := errors.AsType[*transport.Error](health); {
	case health == nil:
	case isTransportError && (failure.Kind == transport.KindStatus || failure.Kind == transport.KindBody):
		resp.Diagnostics.AddAttributeWarning(path.Root("healthy"), "The gateway is not healthy",
			diagnostics.Sentence(health.Error())+"\n\nIt returned its version, so the address is right. The log of the gateway has the reason. New clusters may fail until it is healthy.")
	default:
		diagnostics.AddError(&resp.Diagnostics, "The gateway did not return its health", health)
		return
	}
	if gateway.IsUntested(version) {
		resp.Diagnostics.AddAttributeWarning(path.Root("version"), "The gateway is older than the tested versions",
			"It is version "+transport.Printable(version)+"; the oldest tested version is "+gateway.OldestTested+". Its API has not changed since 0.9, so most operations probably work. "+
				"Ask the operators of the gateway for an update, or try your configuration on something small first.")
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, gatewayModel{
		Address:           types.StringValue(d.Addresses.Address),
		ProxyAddress:      types.StringValue(d.Addresses.ProxyAddress),
		PublicAddress:     types.StringValue(d.Addresses.PublicAddress),
		Version:           types.StringValue(version),
		ClientRequirement: types.StringValue(gateway.ClientRequirement(version)),
		Healthy:           types.BoolValue(health == nil),
	})...)
}
