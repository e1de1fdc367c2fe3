// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package daskscheduler has the pc_dask_scheduler data source.
package daskscheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/scheduler"
)

var (
	_ datasource.DataSource                     = (*schedulerDataSource)(nil)
	_ datasource.DataSourceWithConfigure        = (*schedulerDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*schedulerDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig   = (*schedulerDataSource)(nil)
)

const (
	// defaultReadTimeout lets a machine boot, install Docker and download an image of
	// several GB.
	defaultReadTimeout = 20 * time.Minute
	// defaultServerName is the name in the certificates of dask-cloudprovider and of
	// the examples. Dask itself checks no name.
	defaultServerName = "dask-internal"

	onTimeoutError, onTimeoutWarn = "error", "warn"
)

type schedulerDataSource struct{ clients.DataSource }

type schedulerModel struct {
	Address        types.String      `tfsdk:"address"`
	DashboardURL   types.String      `tfsdk:"dashboard_url"`
	MinimumWorkers types.Int64       `tfsdk:"minimum_workers"`
	CACertificate  types.String      `tfsdk:"ca_certificate"`
	ServerName     types.String      `tfsdk:"server_name"`
	OnTimeout      types.String      `tfsdk:"on_timeout"`
	Ready          types.Bool        `tfsdk:"ready"`
	Workers        types.Int64       `tfsdk:"workers"`
	Threads        types.Int64       `tfsdk:"threads"`
	Memory         types.Int64       `tfsdk:"memory"`
	StartedAt      timetypes.RFC3339 `tfsdk:"started_at"`
	LastError      types.String      `tfsdk:"last_error"`
	Timeouts       timeouts.Value    `tfsdk:"timeouts"`
}

// NewDataSource returns the pc_dask_scheduler data source.
func NewDataSource() datasource.DataSource { return &schedulerDataSource{} }

func (d *schedulerDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_scheduler"
}

func (d *schedulerDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := schedulerArguments()
	maps.Copy(attributes, schedulerResults())
	attributes["timeouts"] = timeouts.AttributesWithOpts(ctx, timeouts.Opts{
		ReadDescription: "How long to wait, as a [Go duration](https://pkg.go.dev/time#ParseDuration) such as `30m`. Default: `20m`.",
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits until a Dask scheduler that you run yourself responds and has enough workers. " +
			"It reads the status from the dashboard's web server, without credentials, a gateway or a Hub.\n\n" +
			"Set `depends_on` to the machines. Otherwise the plan reads the data source, and waits for workers that do not exist yet.",
		Attributes: attributes,
	}
}

func schedulerArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"address": schema.StringAttribute{
			MarkdownDescription: "Address of the scheduler for clients, for example `tls://10.0.0.4:8786`. The provider then expects its web server on port 8787, with HTTPS if `ca_certificate` is set. " +
				"Set this or `dashboard_url`. Default: the address that the scheduler reports to its workers, which clients elsewhere usually cannot reach.",
			Optional:   true,
			Computed:   true,
			Validators: []validator.String{daskAddress{}},
		},
		"dashboard_url": schema.StringAttribute{
			MarkdownDescription: "Address of the web server, for example `http://10.0.0.4:8787`, with its path if the dashboard has a prefix. Set this or `address`.",
			Optional:            true,
			Computed:            true,
			Validators:          []validator.String{webAddress{}},
		},
		"minimum_workers": schema.Int64Attribute{
			MarkdownDescription: "Number of workers to wait for. Default: `0`.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"ca_certificate": schema.StringAttribute{
			MarkdownDescription: "Authority of the dashboard's certificate, in PEM, in addition to the system's authorities.",
			Optional:            true,
		},
		"server_name": schema.StringAttribute{
			MarkdownDescription: "Name in the dashboard's certificate. Default: `dask-internal` with `ca_certificate`, otherwise the host of `dashboard_url`.",
			Optional:            true,
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"on_timeout": schema.StringAttribute{
			MarkdownDescription: "What happens after the timeout, or if the server is not a scheduler: `error` (the default), or `warn`, which sets `ready` to false and `last_error` to the reason. " +
				"With `error`, a dead scheduler also fails `terraform destroy`: set `warn`, and a precondition on `ready` where you need the scheduler.",
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(onTimeoutError, onTimeoutWarn)},
		},
	}
}

func schedulerResults() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"ready": schema.BoolAttribute{
			MarkdownDescription: "Whether the scheduler responded and had `minimum_workers`.",
			Computed:            true,
		},
		"workers": schema.Int64Attribute{
			MarkdownDescription: "Number of workers. Null if the scheduler never responded.",
			Computed:            true,
		},
		"threads": schema.Int64Attribute{
			MarkdownDescription: "Threads of all workers.",
			Computed:            true,
		},
		"memory": schema.Int64Attribute{
			MarkdownDescription: "Memory of all workers with a limit, in bytes.",
			Computed:            true,
		},
		"started_at": schema.StringAttribute{
			MarkdownDescription: "When the scheduler started (RFC 3339).",
			Computed:            true,
			CustomType:          timetypes.RFC3339Type{},
		},
		"last_error": schema.StringAttribute{
			MarkdownDescription: "Why the scheduler was not ready. Null if it was.",
			Computed:            true,
		},
	}
}

// ConfigValidators requires exactly one of the two addresses.
func (d *schedulerDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("address"), path.MatchRoot("dashboard_url"))}
}

func (d *schedulerDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model schedulerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if !resp.Diagnostics.HasError() {
		values.ValidateTimeouts(model.Timeouts, &resp.Diagnostics)
	}
}

func (d *schedulerDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model schedulerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	timeout, diags := model.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	web := model.dashboard()
	client, ok := d.connect(model, web, &resp.Diagnostics)
	if !ok {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	status, err := client.Await(bounded, model.MinimumWorkers.ValueInt64(), func(step scheduler.Step, status scheduler.Status) {
		tflog.Info(ctx, "Waiting for the Dask scheduler", map[string]any{
			"dashboard_url": web.url, "step": string(step), "workers": status.Workers, "minimum_workers": model.MinimumWorkers.ValueInt64(),
		})
	})
	resp.Diagnostics.Append(model.reportFailure(err, web)...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.describe(status, err, web)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// reportFailure reports why the scheduler is not ready. With on_timeout = "warn" even a
// permanent problem, such as an expired certificate, is a warning, because an error would also
// fail a destroy.
func (m *schedulerModel) reportFailure(err error, web webServer) (diags diag.Diagnostics) {
	report := diags.AddAttributeError
	if m.OnTimeout.ValueString() == onTimeoutWarn {
		report = diags.AddAttributeWarning
	}
	late, timedOut := errors.AsType[*scheduler.TimeoutError](err)
	switch {
	case timedOut:
		report(web.from, "The Dask scheduler is not ready", schedulerAdvice(late, web))
	case errors.Is(err, context.Canceled):
		diags.AddError("The wait for the Dask scheduler was interrupted", diagnostics.Explain(err))
	case err != nil:
		report(web.from, "No Dask scheduler responds at this address", diagnostics.Sentence(err.Error())+"\n\n"+web.correction(err))
	}
	return diags
}

func (d *schedulerDataSource) connect(model schedulerModel, web webServer, diags *diag.Diagnostics) (*scheduler.Client, bool) {
	if d.Settings.HTTPProxy.IsUnknown {
		clients.Access[*scheduler.Client]{IsUnknown: true, UnknownArguments: "http_proxy"}.Get(diags)
		return nil, false
	}
	cfg := d.Unauthenticated
	cfg.RootCAs, cfg.ServerName = []byte(model.CACertificate.ValueString()), model.ServerName.ValueString()
	if cfg.ServerName == "" && len(cfg.RootCAs) > 0 {
		cfg.ServerName = defaultServerName
	}
	sender, ok := clients.NewTransport(cfg, strings.TrimRight(web.url, "/"), d.Settings, web.from.String(), diags)
	if !ok {
		return nil, false
	}
	return scheduler.New(scheduler.Config{Transport: sender, Clock: d.Clock}), true
}

// describe sets the computed attributes. The status is empty if the scheduler never
// responded.
func (m *schedulerModel) describe(status scheduler.Status, err error, web webServer) {
	m.Ready = types.BoolValue(err == nil)
	m.LastError = types.StringNull()
	if err != nil {
		m.LastError = types.StringValue(err.Error())
	}
	m.Workers, m.Threads, m.Memory = types.Int64Null(), types.Int64Null(), types.Int64Null()
	if status.Address != "" {
		m.Workers, m.Threads, m.Memory = types.Int64Value(status.Workers), types.Int64Value(status.Threads), types.Int64Value(status.Memory)
	}
	if m.Address.IsNull() {
		m.Address = values.StringOrNull(status.Address)
	}
	m.DashboardURL, m.StartedAt = types.StringValue(web.url), values.TimeOrNull(status.Started)
}

// schedulerAdvice returns why the wait timed out, and what to check.
func schedulerAdvice(late *scheduler.TimeoutError, web webServer) string {
	message := diagnostics.Sentence(late.Error())
	switch late.Step {
	case scheduler.StepName:
		return message + "\n\nCheck " + web.from.String() + " and the DNS zone of its host."
	case scheduler.StepConnect:
		return message + "\n\nCheck that the machine runs, that its network security group allows this machine's address on this port, " +
			"and whether the machine's serial log (boot diagnostics) shows errors of cloud-init, of Docker or of the image.\n\n" + web.correction(late.Last)
	case scheduler.StepHealth:
		return message + "\n\nA process listens on the port, but it is not a healthy scheduler. Look at the log on the machine: journalctl -u dask.\n\n" + web.correction(late.Last)
	default:
		return message + fmt.Sprintf("\n\nThe scheduler is healthy, and %s missing. Check that the workers' machines run, that they can reach the scheduler's port, "+
			"and that their certificates are from the same authority. On a worker, journalctl -u dask shows why it does not join.", areMissing(late.Want-late.Have))
	}
}

func areMissing(count int64) string {
	if count == 1 {
		return "1 worker is"
	}
	return diagnostics.Plural(count, "worker") + " are"
}
