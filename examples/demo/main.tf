terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

variable "minimum" {
  description = "Workers that always run."
  type        = number
  default     = 1
}

variable "maximum" {
  description = "Workers at most."
  type        = number
  default     = 100
}

# Address and token come from the environment: PC_ADDRESS and PC_API_TOKEN, or
# what Dask and JupyterHub set in a notebook server.
provider "pc" {}

resource "pc_dask_cluster" "ndvi" {
  options = {
    worker_cores  = 1
    worker_memory = 2
    environment   = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
  }
  adapt            = { minimum = var.minimum, maximum = var.maximum }
  wait_for_workers = 1
}

data "pc_clusters" "all" {
  depends_on = [pc_dask_cluster.ndvi]
}

output "name" {
  description = "What Python's gateway.connect(name) takes."
  value       = pc_dask_cluster.ndvi.name
}

output "scheduler_address" {
  description = "Address of the scheduler."
  value       = pc_dask_cluster.ndvi.scheduler_address
}

output "dashboard_link" {
  description = "Address of the dashboard."
  value       = pc_dask_cluster.ndvi.dashboard_link
}

output "clusters" {
  description = "Status of each cluster of the user."
  value       = { for name, cluster in data.pc_clusters.all.clusters : name => cluster.status }
}
