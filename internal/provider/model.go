// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// providerModel is the provider block.
type providerModel struct {
	Address         types.String         `tfsdk:"address"`
	ProxyAddress    types.String         `tfsdk:"proxy_address"`
	PublicAddress   types.String         `tfsdk:"public_address"`
	HubAddress      types.String         `tfsdk:"hub_address"`
	Auth            types.String         `tfsdk:"auth"`
	APIToken        types.String         `tfsdk:"api_token"`
	Username        types.String         `tfsdk:"username"`
	Password        types.String         `tfsdk:"password"`
	Principal       types.String         `tfsdk:"principal"`
	KeytabPath      types.String         `tfsdk:"keytab_path"`
	CACertificate   types.String         `tfsdk:"ca_certificate"`
	HTTPProxy       types.String         `tfsdk:"http_proxy"`
	MaxRetries      types.Int64          `tfsdk:"max_retries"`
	MaxConnections  types.Int64          `tfsdk:"max_connections"`
	RequestTimeout  timetypes.GoDuration `tfsdk:"request_timeout"`
	AllowCleartext  types.Bool           `tfsdk:"allow_cleartext"`
	STACAddress     types.String         `tfsdk:"stac_url"`
	SASAddress      types.String         `tfsdk:"sas_url"`
	SubscriptionKey types.String         `tfsdk:"subscription_key"`
	Limits          types.Object         `tfsdk:"limits"`

	GeoCatalogURL                  types.String `tfsdk:"geocatalog_url"`
	Environment                    types.String `tfsdk:"environment"`
	TenantID                       types.String `tfsdk:"tenant_id"`
	ClientID                       types.String `tfsdk:"client_id"`
	ClientIDFilePath               types.String `tfsdk:"client_id_file_path"`
	ClientSecret                   types.String `tfsdk:"client_secret"`
	ClientSecretFilePath           types.String `tfsdk:"client_secret_file_path"`
	ClientCertificate              types.String `tfsdk:"client_certificate"`
	ClientCertificatePath          types.String `tfsdk:"client_certificate_path"`
	ClientCertificatePassword      types.String `tfsdk:"client_certificate_password"`
	UseOIDC                        types.Bool   `tfsdk:"use_oidc"`
	UseAKSWorkloadIdentity         types.Bool   `tfsdk:"use_aks_workload_identity"`
	OIDCToken                      types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath              types.String `tfsdk:"oidc_token_file_path"`
	OIDCRequestURL                 types.String `tfsdk:"oidc_request_url"`
	OIDCRequestToken               types.String `tfsdk:"oidc_request_token"`
	ADOPipelineServiceConnectionID types.String `tfsdk:"ado_pipeline_service_connection_id"`
	UseMSI                         types.Bool   `tfsdk:"use_msi"`
	MSIEndpoint                    types.String `tfsdk:"msi_endpoint"`
	MSIAPIVersion                  types.String `tfsdk:"msi_api_version"`
	UseCLI                         types.Bool   `tfsdk:"use_cli"`
	SubscriptionID                 types.String `tfsdk:"subscription_id"`
}

// Format prints the type only, so that no log contains a secret.
func (m providerModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

func providerAttributes() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"address": schema.StringAttribute{
			MarkdownDescription: "Address of the Dask Gateway, as in Python's `Gateway(address)`, for example `https://hub.example.com/services/dask-gateway/`. " +
				"Environment: `PC_ADDRESS`, `DASK_GATEWAY__ADDRESS`.",
			Optional: true,
		},
		"proxy_address": schema.StringAttribute{
			MarkdownDescription: "Address of the proxy in front of the schedulers, as in Python's `Gateway(proxy_address)`, for example `gateway://dask.example.com:8786`, or only a port. " +
				"Default: host and port of `address`. Environment: `PC_PROXY_ADDRESS`, `DASK_GATEWAY__PROXY_ADDRESS`.",
			Optional: true,
		},
		"public_address": schema.StringAttribute{
			MarkdownDescription: "Address of the gateway for browsers. `dashboard_link` begins with it. A path such as `/services/dask-gateway/` is enough where the browser uses the same host. Default: `address`. " +
				"Environment: `PC_PUBLIC_ADDRESS`, `DASK_GATEWAY__PUBLIC_ADDRESS`.",
			Optional: true,
		},
		"hub_address": schema.StringAttribute{
			MarkdownDescription: "Address of the JupyterHub, for example `https://hub.example.com/`. Environment: `PC_HUB_ADDRESS`. " +
				"Default: derived from `address` if it ends in `/services/NAME/`, else `JUPYTERHUB_API_URL`.",
			Optional: true,
		},
		"auth": schema.StringAttribute{
			MarkdownDescription: "How to authenticate to the gateway: `jupyterhub` (with `api_token`), `basic` (with `username` and `password`), " +
				"`kerberos` (with a ticket from the credential cache, or with `keytab_path`) or `none`. " +
				"Default: inferred from the nearest credentials, else `jupyterhub`. Environment: `PC_AUTH`, `DASK_GATEWAY__AUTH__TYPE`.",
			Optional: true,
		},
		"api_token": schema.StringAttribute{
			MarkdownDescription: "Token of the JupyterHub, from its page `/hub/token`. Environment: `PC_API_TOKEN`, " +
				"`DASK_GATEWAY__AUTH__KWARGS__API_TOKEN`, `JUPYTERHUB_API_TOKEN`.",
			Optional:  true,
			Sensitive: true,
		},
		"username": schema.StringAttribute{
			MarkdownDescription: "User name for `auth = \"basic\"`. Default: the name of the operating system's user, as in Python. " +
				"Environment: `PC_USERNAME`, `DASK_GATEWAY__AUTH__KWARGS__USERNAME`.",
			Optional: true,
		},
		"password": schema.StringAttribute{
			MarkdownDescription: "Password for `auth = \"basic\"`. Default: empty. Environment: `PC_PASSWORD`, `DASK_GATEWAY__AUTH__KWARGS__PASSWORD`.",
			Optional:            true,
			Sensitive:           true,
		},
		"principal": schema.StringAttribute{
			MarkdownDescription: "Kerberos principal for `auth = \"kerberos\"`, such as `pipeline@EXAMPLE.COM`. " +
				"Default: the first in the keytab, or that of the credential cache. Environment: `PC_PRINCIPAL`.",
			Optional: true,
		},
		"keytab_path": schema.StringAttribute{
			MarkdownDescription: "Path of a keytab for `auth = \"kerberos\"`. Default: the tickets that `kinit` stores in a [file](guides/configuration.md#kerberos). " +
				"Environment: `PC_KEYTAB_PATH`.",
			Optional: true,
		},
		"ca_certificate": schema.StringAttribute{
			MarkdownDescription: "PEM certificates of authorities to trust in addition to the system's, for example `file(\"ca.pem\")`. Environment: `PC_CA_CERTIFICATE`.",
			Optional:            true,
		},
		"http_proxy": schema.StringAttribute{
			MarkdownDescription: "URL of an HTTP proxy for all requests, such as `http://proxy.example.com:3128`; `false` for none; `true`, the default, for those in `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. " +
				"Environment: `PC_HTTP_PROXY`, `DASK_GATEWAY__HTTP_CLIENT__PROXY`.",
			Optional: true,
		},
		"max_retries": schema.Int64Attribute{
			MarkdownDescription: "How often the provider retries a request after a transient error, from 0 to 20. It never retries a create that may have arrived. " +
				"Default: 4. Environment: `PC_MAX_RETRIES`.",
			Optional:   true,
			Validators: []validator.Int64{int64validator.Between(0, 20)},
		},
		"max_connections": schema.Int64Attribute{
			MarkdownDescription: "Maximum number of connections to the gateway, and to the Hub, from 1 to 1000. Further requests queue. " +
				"At most three quarters of the connections wait for starting clusters or servers; the others are polled every few seconds. Default: 32. Environment: `PC_MAX_CONNECTIONS`.",
			Optional:   true,
			Validators: []validator.Int64{int64validator.Between(1, 1000)},
		},
		"request_timeout": schema.StringAttribute{
			MarkdownDescription: "Timeout of one request, as a [Go duration](https://pkg.go.dev/time#ParseDuration). Time in the queue for a connection does not count. Default: `30s`. Environment: `PC_REQUEST_TIMEOUT`.",
			Optional:            true,
			CustomType:          timetypes.GoDurationType{},
		},
		"allow_cleartext": schema.BoolAttribute{
			MarkdownDescription: "Whether to send credentials over `http://` beyond this machine, private networks and cluster-internal names. " +
				"Default: `false`. Environment: `PC_ALLOW_CLEARTEXT`.",
			Optional: true,
		},
		"limits": schema.SingleNestedAttribute{
			MarkdownDescription: "Maximum size of each `pc_dask_cluster`, also for the action `pc_dask_cluster_scale`. A larger size fails the plan, as does `adapt` without a maximum. " +
				"Scaling in Python is not limited.",
			Optional: true,
			Attributes: map[string]schema.Attribute{
				"workers": schema.Int64Attribute{
					MarkdownDescription: "Maximum number of workers.",
					Optional:            true,
					Validators:          []validator.Int64{int64validator.AtLeast(0)},
				},
				"cores": schema.Float64Attribute{
					MarkdownDescription: "Maximum number of cores of all workers, by the option `worker_cores`.",
					Optional:            true,
					Validators:          []validator.Float64{float64validator.AtLeast(0)},
				},
				"memory": schema.Float64Attribute{
					MarkdownDescription: "Maximum memory of all workers in GiB, by the option `worker_memory`.",
					Optional:            true,
					Validators:          []validator.Float64{float64validator.AtLeast(0)},
				},
			},
		},
		"stac_url": schema.StringAttribute{
			MarkdownDescription: "Address of the STAC API that `pc_collection` reads. It receives no credentials. Default: the public Planetary Computer, " +
				"`https://planetarycomputer.microsoft.com/api/stac/v1`. Environment: `PC_STAC_URL`.",
			Optional: true,
		},
		"sas_url": schema.StringAttribute{
			MarkdownDescription: "Address of the service that issues SAS tokens for `pc_sas_token`, as in Python's `planetary_computer`. It receives no credentials of the Hub. " +
				"Default: the public Planetary Computer, `https://planetarycomputer.microsoft.com/api/sas/v1/token`. Environment: `PC_SAS_URL`, `PC_SDK_SAS_URL`.",
			Optional: true,
		},
		"subscription_key": schema.StringAttribute{
			MarkdownDescription: "Subscription key for `sas_url`. The service may issue longer-lived tokens for it. Environment: `PC_SUBSCRIPTION_KEY`, " +
				"`PC_SDK_SUBSCRIPTION_KEY`.",
			Optional:  true,
			Sensitive: true,
		},
		"geocatalog_url": schema.StringAttribute{
			MarkdownDescription: "Address of a GeoCatalog (Planetary Computer Pro), for example `https://mycatalog.0123456789abcdef.westeurope.geocatalog.spatio.azure.com`. `pc_collection` and `pc_sas_token` read it instead of the public catalog, unless they set their own. " +
				"A `stac_url` or `sas_url` in the same or a nearer place takes precedence for its service. It receives a token of [Microsoft Entra](guides/configuration.md#microsoft-entra). Environment: `PC_GEOCATALOG_URL`.",
			Optional: true,
		},
	}
	maps.Copy(attributes, entraAttributes())
	return attributes
}

// block converts the provider block for package settings, which does not import
// the framework.
func (m providerModel) block() settings.Block {
	return settings.Block{
		Address:        argument(m.Address, m.Address.ValueString()),
		ProxyAddress:   argument(m.ProxyAddress, m.ProxyAddress.ValueString()),
		PublicAddress:  argument(m.PublicAddress, m.PublicAddress.ValueString()),
		HubAddress:     argument(m.HubAddress, m.HubAddress.ValueString()),
		Auth:           argument(m.Auth, m.Auth.ValueString()),
		APIToken:       argument(m.APIToken, m.APIToken.ValueString()),
		Username:       argument(m.Username, m.Username.ValueString()),
		Password:       argument(m.Password, m.Password.ValueString()),
		Principal:      argument(m.Principal, m.Principal.ValueString()),
		KeytabPath:     argument(m.KeytabPath, m.KeytabPath.ValueString()),
		CACertificate:  argument(m.CACertificate, m.CACertificate.ValueString()),
		HTTPProxy:      argument(m.HTTPProxy, m.HTTPProxy.ValueString()),
		MaxRetries:     argument(m.MaxRetries, m.MaxRetries.ValueInt64()),
		MaxConnections: argument(m.MaxConnections, m.MaxConnections.ValueInt64()),
		RequestTimeout: argument(m.RequestTimeout, m.RequestTimeout.ValueString()),
		AllowCleartext: argument(m.AllowCleartext, m.AllowCleartext.ValueBool()),

		STACAddress:     argument(m.STACAddress, m.STACAddress.ValueString()),
		SASAddress:      argument(m.SASAddress, m.SASAddress.ValueString()),
		SubscriptionKey: argument(m.SubscriptionKey, m.SubscriptionKey.ValueString()),

		GeoCatalogURL:                  argument(m.GeoCatalogURL, m.GeoCatalogURL.ValueString()),
		Environment:                    argument(m.Environment, m.Environment.ValueString()),
		TenantID:                       argument(m.TenantID, m.TenantID.ValueString()),
		ClientID:                       argument(m.ClientID, m.ClientID.ValueString()),
		ClientIDFilePath:               argument(m.ClientIDFilePath, m.ClientIDFilePath.ValueString()),
		ClientSecret:                   argument(m.ClientSecret, m.ClientSecret.ValueString()),
		ClientSecretFilePath:           argument(m.ClientSecretFilePath, m.ClientSecretFilePath.ValueString()),
		ClientCertificate:              argument(m.ClientCertificate, m.ClientCertificate.ValueString()),
		ClientCertificatePath:          argument(m.ClientCertificatePath, m.ClientCertificatePath.ValueString()),
		ClientCertificatePassword:      argument(m.ClientCertificatePassword, m.ClientCertificatePassword.ValueString()),
		UseOIDC:                        argument(m.UseOIDC, m.UseOIDC.ValueBool()),
		UseAKSWorkloadIdentity:         argument(m.UseAKSWorkloadIdentity, m.UseAKSWorkloadIdentity.ValueBool()),
		OIDCToken:                      argument(m.OIDCToken, m.OIDCToken.ValueString()),
		OIDCTokenFilePath:              argument(m.OIDCTokenFilePath, m.OIDCTokenFilePath.ValueString()),
		OIDCRequestURL:                 argument(m.OIDCRequestURL, m.OIDCRequestURL.ValueString()),
		OIDCRequestToken:               argument(m.OIDCRequestToken, m.OIDCRequestToken.ValueString()),
		ADOPipelineServiceConnectionID: argument(m.ADOPipelineServiceConnectionID, m.ADOPipelineServiceConnectionID.ValueString()),
		UseMSI:                         argument(m.UseMSI, m.UseMSI.ValueBool()),
		MSIEndpoint:                    argument(m.MSIEndpoint, m.MSIEndpoint.ValueString()),
		MSIAPIVersion:                  argument(m.MSIAPIVersion, m.MSIAPIVersion.ValueString()),
		UseCLI:                         argument(m.UseCLI, m.UseCLI.ValueBool()),
		SubscriptionID:                 argument(m.SubscriptionID, m.SubscriptionID.ValueString()),
	}
}

// limits returns the limits that are known. Terraform plans with what is known, so a
// limit that is known only after apply does not count before.
func (m providerModel) limits(ctx context.Context, diags *diag.Diagnostics) clients.Limits {
	if m.Limits.IsNull() || m.Limits.IsUnknown() {
		return clients.Limits{}
	}
	var limits struct {
		Workers types.Int64   `tfsdk:"workers"`
		Cores   types.Float64 `tfsdk:"cores"`
		Memory  types.Float64 `tfsdk:"memory"`
	}
	diags.Append(m.Limits.As(ctx, &limits, basetypes.ObjectAsOptions{})...)
	known := clients.Limits{}
	if !limits.Workers.IsUnknown() {
		known.Workers = limits.Workers.ValueInt64Pointer()
	}
	if !limits.Cores.IsUnknown() {
		known.Cores = limits.Cores.ValueFloat64Pointer()
	}
	if !limits.Memory.IsUnknown() {
		known.Memory = limits.Memory.ValueFloat64Pointer()
	}
	return known
}

func argument[T any](value attr.Value, known T) settings.Value[T] {
	switch {
	case value.IsUnknown():
		return settings.Value[T]{State: settings.Unknown}
	case value.IsNull():
		return settings.Value[T]{State: settings.Null}
	default:
		return settings.Value[T]{State: settings.Known, V: known}
	}
}
