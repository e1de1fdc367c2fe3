# Where is the data?
data "pc_collection" "data" {
  count = var.collection == null ? 0 : 1
  id    = var.collection
}

locals {
  data_region = coalesce(one(data.pc_collection.data[*].region), "westeurope")
  location    = coalesce(var.location, local.data_region)
  tags        = merge(var.tags, { creator = "terraform", dask-cluster = var.name })
}

# A warning, and no error: who computes elsewhere may have a reason, and pays.
check "compute_is_next_to_the_data" {
  assert {
    condition     = local.location == local.data_region
    error_message = "The machines are in ${local.location} and the data of ${coalesce(var.collection, "the Planetary Computer")} in ${local.data_region}: reading across regions is slow, and costs. Leave location out."
  }
}

resource "azurerm_resource_group" "this" {
  name     = var.name
  location = local.location
  tags     = local.tags
}

locals {
  common_options = {
    docker_args     = var.docker_args
    extra_bootstrap = var.extra_bootstrap
    bootstrap       = var.bootstrap
    env             = var.env
  }

  # In a network of its own the address is known before anything is made, so the
  # scheduler and the workers are made at the same time.
  private_address = var.subnet == null ? cidrhost(local.subnet_cidr, 4) : azurerm_network_interface.scheduler.private_ip_address
}

# Certificates, and what makes a machine a scheduler or a worker.
module "dask" {
  source = "./modules/dask"

  scheduler_private_address  = local.private_address
  scheduler_client_address   = one(azurerm_public_ip.scheduler[*].ip_address)
  image                      = var.image
  certificate_validity_hours = var.certificate_validity_hours
  private_key_secret         = local.private_key_secret

  scheduler_options = merge(local.common_options, var.scheduler_options, {
    gpu          = contains(var.gpu, "scheduler")
    idle_timeout = var.idle_timeout
  })
  worker_options = merge(local.common_options, var.worker_options, {
    gpu = contains(var.gpu, "worker")
  })
}

locals {
  # A machine has as many workers as nworkers says; with auto it has one at least.
  workers = try(var.n_workers * tonumber(var.worker_options.nworkers), var.n_workers)
}

# Ready is when the scheduler answers and the workers have joined, not when the
# machines exist. A warning and the output's precondition, rather than an error
# here, leave terraform destroy alone when the scheduler is dead.
data "pc_dask_scheduler" "this" {
  count = var.timeout == null ? 0 : 1

  dashboard_url   = module.dask.dashboard_url
  ca_certificate  = module.dask.ca_certificate
  minimum_workers = local.workers
  on_timeout      = "warn"
  timeouts        = { read = var.timeout }

  # Else a plan that adds workers waits for workers that are not made yet.
  depends_on = [azurerm_linux_virtual_machine.scheduler, azurerm_linux_virtual_machine_scale_set.workers, azurerm_network_security_rule.dask]
}
