// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/ephemeral/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ ephemeral.EphemeralResource                   = (*credentialsEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigure      = (*credentialsEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*credentialsEphemeralResource)(nil)
)

// defaultCredentialsTimeout is shorter than the timeout of a create, because the
// cluster usually runs already.
const defaultCredentialsTimeout = 10 * time.Minute

type credentialsEphemeralResource struct{ clients.EphemeralResource }

type credentialsModel struct {
	Name             types.String   `tfsdk:"name"`
	Timeouts         timeouts.Value `tfsdk:"timeouts"`
	SchedulerAddress types.String   `tfsdk:"scheduler_address"`
	DashboardLink    types.String   `tfsdk:"dashboard_link"`
	TLSCert          types.String   `tfsdk:"tls_cert"`
	TLSKey           types.String   `tfsdk:"tls_key"`
}

// Format prints the type only, so that no log contains the key.
func (m credentialsModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

// NewCredentialsEphemeralResource returns the pc_dask_cluster_credentials ephemeral resource.
func NewCredentialsEphemeralResource() ephemeral.EphemeralResource {
	return &credentialsEphemeralResource{}
}

func (e *credentialsEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster_credentials"
}

func (e *credentialsEphemeralResource) Schema(ctx context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the address of a Dask cluster's scheduler, and the certificate and key of a client, for programs that connect without `dask_gateway`. " +
			"Python's `gateway.connect(name)` reads them itself. They are in no state, plan or log. Requires Terraform 1.10 or later.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the cluster. The provider waits for one that is starting.",
				Required:            true,
			},
			"timeouts": timeouts.AttributesWithOpts(ctx, timeouts.Opts{
				OpenDescription: "How long the cluster may take to run. Default: `10m`.",
			}),
			"scheduler_address": schema.StringAttribute{
				MarkdownDescription: "Address of the scheduler: `gateway://HOST:PORT/NAME`.",
				Computed:            true,
			},
			"dashboard_link": schema.StringAttribute{
				MarkdownDescription: "Address of the Dask dashboard.",
				Computed:            true,
			},
			"tls_cert": schema.StringAttribute{
				MarkdownDescription: "Certificate of the client in PEM. It is also the authority of the scheduler's certificate, whose server name is `daskgateway-NAME`.",
				Computed:            true,
				Sensitive:           true,
			},
			"tls_key": schema.StringAttribute{
				MarkdownDescription: "Private key of the client in PEM. Anyone who has it can run code on the cluster.",
				Computed:            true,
				Sensitive:           true,
			},
		},
	}
}

// ValidateConfig checks the name, which becomes part of a URL, and the timeout.
func (e *credentialsEphemeralResource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var config credentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validateName(config.Name, &resp.Diagnostics)
	values.ValidateTimeouts(config.Timeouts, &resp.Diagnostics)
}

func (e *credentialsEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model credentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if e.Gateway.IsUnknown {
		// Terraform opens it again during the apply.
		model.SchedulerAddress, model.DashboardLink = types.StringUnknown(), types.StringUnknown()
		model.TLSCert, model.TLSKey = types.StringUnknown(), types.StringUnknown()
		resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
		return
	}
	api, ctx, cancel, ok := e.Gateway.Start(ctx, model.Timeouts.Open, defaultCredentialsTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()
	name := model.Name.ValueString()
	credentials, err := api.AwaitCredentials(ctx, name)
	if err != nil {
		addCredentialsError(&resp.Diagnostics, name, err)
		return
	}
	model.SchedulerAddress = types.StringValue(e.Addresses.SchedulerAddress(name))
	model.DashboardLink = values.StringOrNull(e.Addresses.DashboardLink(credentials.DashboardRoute))
	model.TLSCert = types.StringValue(credentials.TLSCert.Reveal())
	model.TLSKey = types.StringValue(credentials.TLSKey.Reveal())
	resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
}

func addCredentialsError(diags *diag.Diagnostics, name string, err error) {
	var ended *gateway.EndedError
	var absent *gateway.AbsentError
	var late *gateway.TimeoutError
	at := path.Root("name")
	switch {
	case errors.As(err, &ended):
		diags.AddAttributeError(at, "The cluster "+name+" does not run",
			fmt.Sprintf("It is %s. Only a running cluster can be connected to. Run terraform apply with a refresh: it replaces a pc_dask_cluster that has ended.", ended.Cluster.Status))
	case errors.As(err, &absent):
		addNotFoundError(diags, name)
	case errors.As(err, &late):
		diags.AddAttributeError(path.Root("timeouts").AtName("open"), "The cluster "+name+" does not run yet",
			fmt.Sprintf("It was still %s after %s. It may be waiting for a node or for its image: look at its scheduler pod, or raise timeouts.open.", late.Last, late.Waited.Round(time.Second)))
	default:
		diags.AddAttributeError(at, "The credentials of the cluster "+name+" could not be read", diagnostics.Explain(err))
	}
}
