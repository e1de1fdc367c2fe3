// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
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
			"container: Docker, the TLS files, the environment, and a systemd unit that starts Dask again after a reboot. AzureVMCluster of " +
			"dask-cloudprovider sends such a text to its machines. This function is for machines that Terraform manages. Pass the text to `custom_data` with `base64encode`.\n\n" +
			"The same arguments give the same bytes, so that no plan replaces a machine without a reason. An invalid option is an error of the plan that names the " +
			"option, also if certificates are known only after apply.\n\n" +
			"~> **The text contains the private key**, and so do the custom data and the state, because the machine needs the key for TLS. Store the state in an encrypted " +
			"backend that few people can read. Better, set `private_key_secret` instead of the key: each machine then fetches the key from a Key Vault with its own identity.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name:                "role",
				MarkdownDescription: "`scheduler` or `worker`.",
				Validators:          []function.StringParameterValidator{stringvalidator.OneOf(cloudinit.RoleScheduler, cloudinit.RoleWorker)},
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
	"    - `image` (string, required): the container image. Scheduler, workers and client need the same one, with the same Python and Dask.\n" +
	"    - `tls` (object): `ca_certificate`, `certificate` and `private_key` in PEM. Dask then encrypts all traffic, and rejects connections without a certificate of " +
	"that authority. One certificate serves all roles and must be valid for `server_auth` and `client_auth`. Dask does not check the names in it. " +
	"Instead of `private_key` you can set `private_key_secret`, the `id` of an `azurerm_key_vault_secret` with the key in PEM, or in base64 of PEM. " +
	"The machine reads it with its managed identity before each start of Dask, and tries again until the identity has access. Set `identity_client_id` if the machine has several identities.\n" +
	"    - `env` (object of strings): the container's environment.\n" +
	"    - `config` (object): Dask's configuration, with the names as in its YAML files, for example `{ distributed = { worker = { memory = { target = 0.7 } } } }`.\n" +
	"    - `docker_args` (list of strings): more arguments of `docker run`, for example `[\"--shm-size=1g\"]`. `--name`, `--restart` and `--detach` are not allowed, because systemd controls the container.\n" +
	"    - `bootstrap` (bool, default true): whether to install Docker from Ubuntu's own packages. Set `false` for an image that has it.\n" +
	"    - `extra_bootstrap` (list of strings): shell commands that run once, at the first start and before Dask, one after the other in one shell. " +
	"Dask also starts if one of them fails, but not if one calls `exit`.\n" +
	"    - `gpu` (bool, default false): whether the container gets all GPUs. The machine's image must have the driver and NVIDIA's container toolkit.\n" +
	"    - `dashboard_port` (number): default 8787 for a scheduler, any free port for a worker.\n\n" +
	"  For a scheduler:\n\n" +
	"    - `port` (number, default 8786).\n" +
	"    - `idle_timeout` (string, for example `1h`): the scheduler exits after this time without work. Its machines stay, and cost money.\n" +
	"    - `dashboard_tls` (bool, default false): whether to serve the dashboard over HTTPS with the certificate in `tls`.\n\n" +
	"  For a worker:\n\n" +
	"    - `scheduler_address` (string, required): the scheduler's private address with its port, `tls://` with `tls`, otherwise `tcp://`.\n" +
	"    - `nworkers` (number or `auto`), `nthreads` (number), `memory_limit` (string or number), `nanny` (bool), `resources` (object of numbers), " +
	"`local_directory` (string), `worker_class` (string), `lifetime` (string): as the arguments of `dask worker`, with Dask's defaults. " +
	"With the `worker_class` `dask_cuda.CUDAWorker` the command is `dask cuda worker`, which starts one worker for each GPU and accepts neither `nworkers` nor `lifetime`."

func (daskCloudInit) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var role string
	options := optionsArgument{position: 1, example: "{ image = \"pangeo/pangeo-notebook:2026.08.01\" }"}
	if resp.Error = req.Arguments.Get(ctx, &role, &options.value); resp.Error != nil {
		return
	}
	options.setText(ctx, resp, func(given map[string]any) (string, bool, error) { return cloudinit.CloudConfig(role, given) })
}
