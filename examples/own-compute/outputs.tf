output "location" {
  description = "The Azure region that the machines are in."
  value       = local.location
}

output "scheduler_address" {
  description = "Address of the scheduler for distributed.Client."
  value       = module.dask.scheduler_address
}

output "dashboard_link" {
  description = "Address of the dashboard. A browser has to be told to trust ca_certificate."
  value       = module.dask.dashboard_url
}

output "workers" {
  description = "Number of workers that have joined. Null where timeout is."
  value       = one(data.pc_dask_scheduler.this[*].workers)

  precondition {
    condition     = alltrue(data.pc_dask_scheduler.this[*].ready)
    error_message = "The Dask cluster has fewer than ${local.workers} workers after ${coalesce(var.timeout, "0s")}: ${coalesce(one(data.pc_dask_scheduler.this[*].last_error), "no error")}. The machines are there. Their serial log says why: az vm boot-diagnostics get-boot-log --resource-group ${var.name} --name ${var.name}-scheduler"
  }
}

output "dask_config" {
  description = "Dask's YAML for clients: with a file of it in DASK_CONFIG, distributed.Client() needs no argument. It has the key of output client_tls."
  value       = module.dask.dask_config
  sensitive   = true
}

output "client_tls" {
  description = "Certificates and key of clients, in PEM, for distributed.security.Security."
  value = {
    ca_certificate = module.dask.ca_certificate
    certificate    = module.dask.certificate
    private_key    = module.dask.private_key
  }
  sensitive = true
}

output "ca_certificate" {
  description = "Certificate of the cluster's authority, in PEM."
  value       = module.dask.ca_certificate
}

output "ssh_private_key" {
  description = "Key of the user dask, in OpenSSH's form. Null where ssh_public_key is given."
  value       = one(tls_private_key.ssh[*].private_key_openssh)
  sensitive   = true
}

output "python" {
  description = "What to type in Python, once DASK_CONFIG names a file of dask_config."
  value       = <<-EOT
    # (umask 077; terraform output -raw dask_config > own-compute.yaml)
    # export DASK_CONFIG=$PWD/own-compute.yaml
    from distributed import Client
    client = Client()  # ${module.dask.scheduler_address}
  EOT
}

output "scale_set" {
  description = "The workers' scale set, for the az vmss commands. unique_id changes when it is another one."
  value = {
    name      = azurerm_linux_virtual_machine_scale_set.workers.name
    unique_id = azurerm_linux_virtual_machine_scale_set.workers.unique_id
  }
}

output "cloud_init_sha256" {
  description = "Digests of what the machines are told at their first start: with another one the scheduler is replaced, or the workers are reimaged."
  value = {
    scheduler = nonsensitive(sha256(module.dask.scheduler_cloud_init))
    workers   = nonsensitive(sha256(module.dask.worker_cloud_init))
  }
}
