output "scheduler_cloud_init" {
  description = "cloud-config of the scheduler's machine, not yet in base64."
  value       = local.scheduler_cloud_init
  sensitive   = true
}

output "worker_cloud_init" {
  description = "cloud-config of a worker's machine, not yet in base64."
  value       = local.worker_cloud_init
  sensitive   = true
}

output "scheduler_address" {
  description = "Address of the scheduler for clients."
  value       = local.scheduler_address
}

output "dashboard_url" {
  description = "Address of the scheduler's dashboard, whose certificate is one of ca_certificate and for the name dask-internal."
  value       = "https://${local.public}:${var.dashboard_port}"
}

output "ca_certificate" {
  description = "Certificate of the cluster's authority, in PEM."
  value       = local.ca_certificate
}

output "certificate" {
  description = "Certificate of the scheduler, the workers and the clients, in PEM."
  value       = local.certificate
}

output "private_key" {
  description = "Its key, in PEM."
  value       = local.private_key
  sensitive   = true
}

output "private_key_version" {
  description = "A number that changes with the key, for what takes the key as a write-only argument."
  value       = parseint(substr(sha256(tls_private_key.dask.public_key_pem), 0, 7), 16)
}

output "dask_config" {
  description = "Dask's YAML for clients, for a file that DASK_CONFIG names: distributed.Client() then needs no argument. It has private_key."
  sensitive   = true
  value = yamlencode({
    scheduler-address = local.scheduler_address
    distributed = {
      comm = {
        require-encryption = true
        tls = {
          ca-file = local.ca_certificate
          client  = { cert = local.certificate, key = local.private_key }
        }
      }
    }
  })
}
