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
			"container: Docker, the files of TLS, the environment, and a systemd unit that brings Dask back after a reboot. It is what AzureVMCluster of " +
			"dask-cloudprovider sends to its machines, for machines that Terraform keeps. Give it to `custom_data` through `base64encode`.\n\n" +
			"The same arguments give the same text, byte by byte, so that no plan replaces a machine for nothing. What is wrong is an error that names the " +
			"option, in the plan already, also where certificates are known only after apply.\n\n" +
			"~> **The private key is in the text**, and so in the custom data and in the state: the machine must have it to talk TLS. Keep the state in an encrypted " +
			"backend that few can read. Better, give `private_key_secret` in place of the key: each machine then fetches it from a Key Vault, by its own identity.",
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

const cloudInitOptions = "An object. Of both roles:\n\n" +
	"    - `image` (string, required): the container image; the same one, with the same Python and Dask, for scheduler, workers and client.\n" +
	"    - `tls` (object): `ca_certificate`, `certificate` and `private_key` in PEM. All traffic of Dask is then encrypted, and whoever has no certificate of " +
	"that authority is refused. One certificate serves all roles and must be allowed for `server_auth` and `client_auth`; Dask looks at no name in it. " +
	"In place of `private_key` it may have `private_key_secret`, the id of a secret of an Azure Key Vault, as `azurerm_key_vault_secret` has it, that holds the key in PEM or this in base64. " +
	"It is read by the machine's managed identity before each start of Dask, again and again until the identity may; `identity_client_id` says which, where the machine has several.\n" +
	"    - `env` (object of strings): the container's environment.\n" +
	"    - `config` (object): Dask's configuration, with the names of its YAML files, for example `{ distributed = { worker = { memory = { target = 0.7 } } } }`.\n" +
	"    - `docker_args` (list of strings): more arguments of `docker run`, for example `[\"--shm-size=1g\"]`; not `--name`, `--restart` and `--detach`, which are left to systemd.\n" +
	"    - `bootstrap` (bool, default true): whether Docker is installed first, from Ubuntu's own packages; false for an image that has it.\n" +
	"    - `extra_bootstrap` (list of strings): commands of the shell that run once, at the first start, before Dask, one after the other in one shell. " +
	"Dask starts also when one of them fails; one that calls `exit` leaves it out.\n" +
	"    - `gpu` (bool, default false): gives the container all GPUs. The driver and NVIDIA's container toolkit must be in the machine's image.\n" +
	"    - `dashboard_port` (number): of the scheduler, default 8787, or of the worker, default any.\n\n" +
	"  Of a scheduler:\n\n" +
	"    - `port` (number, default 8786).\n" +
	"    - `idle_timeout` (string, as Dask writes it: `1h`): after so long without work the scheduler ends. Its machines are still there, and cost.\n" +
	"    - `dashboard_tls` (bool, default false): serves the dashboard by HTTPS with the certificate of `tls`.\n\n" +
	"  Of a worker:\n\n" +
	"    - `scheduler_address` (string, required): `tls://` with `tls`, else `tcp://`; the scheduler's private address with its port.\n" +
	"    - `nworkers` (number or `auto`), `nthreads` (number), `memory_limit` (string or number), `nanny` (bool), `resources` (object of numbers), " +
	"`local_directory` (string), `worker_class` (string), `lifetime` (string): as `dask worker` has them; what is left out is as Dask decides. " +
	"With the `worker_class` `dask_cuda.CUDAWorker` it is `dask cuda worker`, which starts one worker for each GPU and takes no `nworkers` and `lifetime`."

func (daskCloudInit) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var role string
	options := optionsArgument{position: 1, example: "{ image = \"pangeo/pangeo-notebook:2026.08.01\" }"}
	if resp.Error = req.Arguments.Get(ctx, &role, &options.value); resp.Error != nil {
		return
	}
	options.setText(ctx, resp, func(given map[string]any) (string, bool, error) { return cloudinit.CloudConfig(role, given) })
}
