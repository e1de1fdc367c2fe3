# A token and a cluster for one run of a pipeline. Both go when the run is over,
# by terraform destroy; the token dies on its own should the pipeline die first.

terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

variable "run" {
  description = "Name of this run, for the token's note."
  type        = string
  default     = "by hand"
}

variable "workers" {
  description = "Workers of the cluster."
  type        = number
  default     = 2

  validation {
    condition     = var.workers >= 1 && var.workers <= 100
    error_message = "Between 1 and 100 workers."
  }
}

# PC_ADDRESS, PC_PROXY_ADDRESS and PC_API_TOKEN are the pipeline's variables and
# its secret.
provider "pc" {}

data "pc_gateway" "this" {}

# The job gets a token of its own, that may do nothing but use the gateway.
resource "pc_hub_token" "job" {
  note       = "pipeline, ${var.run}"
  expires_in = "2h"
  scopes     = ["access:services!service=dask-gateway"]
}

resource "pc_dask_cluster" "job" {
  options          = { environment = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" } }
  workers          = var.workers
  wait_for_workers = 1
}

output "dask" {
  description = "What connect.py needs: where the gateway is, and which cluster."
  value = {
    address       = data.pc_gateway.this.address
    proxy_address = data.pc_gateway.this.proxy_address
    name          = pc_dask_cluster.job.name
  }
}

output "jupyterhub_token" {
  description = "The job's token."
  value       = pc_hub_token.job.token
  sensitive   = true
}
