// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/planetary-computer/terraform-provider-pc/internal/cloudinit"
)

var _ function.Function = daskCloudInit{}

// daskCloudInit writes the custom data of a virtual machine that runs Dask. It sends no
// request.
type daskCloudInit struct{}

// NewDaskCloudInit returns the dask_cloud_init function.
func NewDaskCloudInit() function.Function { return daskCloudInit{} }

func (daskCloudInit) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "dask_cloud_init"
}

func (daskCloudInit) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Writes the cloud-config of a virtual machine that runs a Dask scheduler or worker.",
		MarkdownDescription: "Returns the [cloud-config](https://cloudinit.readthedocs.io/) of a virtual machine that runs a Dask scheduler or worker in a " +
			"container, as AzureVMCluster of dask-cloudprovider does: Docker, the TLS files, the environment, and a systemd unit that restarts Dask " +
			"after a reboot. Pass the text through `base64encode` to the `custom_data` of an `azurerm_linux_virtual_machine` or a scale set.\n\n" +
			"The same arguments give the same bytes, so no plan replaces a machine without a reason. The plan reports invalid options, " +
			"even if certificates are known only after apply.\n\n" +
			"~> **The text contains the private key** for TLS, and so do the custom data and the state. Store the state in an encrypted " +
			"backend that few people can read. Better, set `private_key_secret` in place of the key.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name:                "role",
				MarkdownDescription: "`scheduler` or `worker`.",
			},
			function.DynamicParameter{
				Name:                "options",
				MarkdownDescription: cloudInitOptions,
				AllowUnknownValues:  true,
			},
		},
		Return: function.StringReturn{},
	}
}

const cloudInitOptions = "An object. For both roles:\n\n" +
	"    - `image` (string, required): the container image, with the same Python and Dask for scheduler, workers and client.\n" +
	"    - `tls` (object): `ca_certificate`, `certificate` and `private_key` in PEM. Dask then encrypts all traffic, and rejects connections without a certificate of " +
	"that authority. One certificate, for `server_auth` and `client_auth`, serves all roles; Dask does not check the names in it. " +
	"`private_key_secret` in place of `private_key` is the `id` of an `azurerm_key_vault_secret` with the key as PEM or base64-encoded PEM. " +
	"The machine reads it with its managed identity (`identity_client_id`, if it has several) before each start of Dask, and retries until it has access.\n" +
	"    - `env` (object of strings): the container's environment.\n" +
	"    - `config` (object): Dask's configuration, with the names of its YAML files.\n" +
	"    - `docker_args` (list of strings): more arguments of `docker run`, for example `[\"--shm-size=1g\"]`, but not `--name`, `--restart` or `--detach`: systemd controls the container.\n" +
	"    - `bootstrap` (bool, default true): whether to install Docker from Ubuntu's packages. Set `false` for an image that has it.\n" +
	"    - `extra_bootstrap` (list of strings): shell commands that run once, in one shell, before the first start of Dask. " +
	"Dask starts even if one fails, but not if one calls `exit`.\n" +
	"    - `gpu` (bool, default false): whether the container gets all GPUs. The machine's image needs the driver and NVIDIA's container toolkit.\n" +
	"    - `dashboard_port` (number): default 8787 for a scheduler, any free port for a worker.\n\n" +
	"  For a scheduler:\n\n" +
	"    - `port` (number, default 8786).\n" +
	"    - `idle_timeout` (string, for example `1h`): the scheduler exits after this time without work. The machines stay, and cost money.\n" +
	"    - `dashboard_tls` (bool, default false): whether the dashboard uses HTTPS, with the certificate in `tls`.\n\n" +
	"  For a worker:\n\n" +
	"    - `scheduler_address` (string, required): the scheduler's private address and port, `tls://` with `tls`, otherwise `tcp://`.\n" +
	"    - `nworkers` (number or `auto`), `nthreads` (number), `memory_limit` (string or number), `nanny` (bool), `resources` (object of numbers), " +
	"`local_directory` (string), `worker_class` (string), `lifetime` (string): as for `dask worker`. " +
	"The `worker_class` `dask_cuda.CUDAWorker` runs `dask cuda worker`: one worker per GPU, without `nworkers` and `lifetime`."

func (daskCloudInit) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var role string
	options := optionsArgument{position: 1, example: "{ image = \"pangeo/pangeo-notebook:2026.08.01\" }"}
	if resp.Error = req.Arguments.Get(ctx, &role, &options.value); resp.Error != nil {
		return
	}
	if role != cloudinit.RoleScheduler && role != cloudinit.RoleWorker {
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("role must be %q or %q, not %q", cloudinit.RoleScheduler, cloudinit.RoleWorker, role))
		return
	}
	options.setText(ctx, resp, func(given map[string]any) (string, bool, error) { return cloudinit.CloudConfig(role, given) })
}
