// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
)

var _ function.Function = daskConfig{}

// daskConfig writes Dask's configuration for Python clients. It sends no request.
type daskConfig struct{}

// NewDaskConfig returns the dask_config function.
func NewDaskConfig() function.Function { return daskConfig{} }

func (daskConfig) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "dask_config"
}

func (daskConfig) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Writes the YAML with which Python's Gateway() needs no argument.",
		MarkdownDescription: "Returns the text of a [Dask configuration](https://docs.dask.org/en/stable/configuration.html) file with which `dask_gateway.Gateway()` needs no argument. Store it as " +
			"`~/.config/dask/gateway.yaml`, where `DASK_CONFIG` points, or in the image of a notebook.\n\n" +
			"A function cannot read the provider block; `data.pc_gateway` has its addresses. Braces are escaped, because Dask would read them " +
			"as names of variables. Secrets are an error unless you set `include_secrets`: Python also finds a token in `JUPYTERHUB_API_TOKEN`.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name:                "options",
				MarkdownDescription: gatewayConfigOptions,
				AllowUnknownValues:  true,
			},
		},
		Return: function.StringReturn{},
	}
}

const gatewayConfigOptions = "An object:\n\n" +
	"    - `address` (string, required): address of the gateway.\n" +
	"    - `proxy_address` (string or number): address and port of the proxy in front of the schedulers, or only the port.\n" +
	"    - `public_address` (string): address of the gateway for browsers, or only a path.\n" +
	"    - `auth` (string, default `jupyterhub`): `jupyterhub`, `basic` or `kerberos`.\n" +
	"    - `username` (string): for `basic`.\n" +
	"    - `api_token` for `jupyterhub`, `password` for `basic` (strings): only with `include_secrets`.\n" +
	"    - `http_proxy` (string or bool): URL of an HTTP proxy, or whether to use the one in the environment.\n" +
	"    - `cluster_options` (object): defaults for every new cluster.\n" +
	"    - `include_secrets` (bool, default false): whether the text may contain secrets."

func (daskConfig) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	options := optionsArgument{position: 0, example: "{ address = data.pc_gateway.this.address }"}
	if resp.Error = req.Arguments.Get(ctx, &options.value); resp.Error != nil {
		return
	}
	options.setText(ctx, resp, daskconfig.GatewayConfig)
}
