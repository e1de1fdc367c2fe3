# A cluster, and what Python needs to connect to it: the outputs that connect.py reads.

terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

variable "maximum" {
  description = "Workers at most."
  type        = number
  default     = 10

  validation {
    condition     = var.maximum >= 1
    error_message = "There must be room for one worker."
  }
}

# Address and token come from the environment: PC_ADDRESS and PC_API_TOKEN, or
# what Dask and JupyterHub set in a notebook server.
provider "pc" {}

data "pc_gateway" "this" {}

resource "pc_dask_cluster" "this" {
  adapt            = { minimum = 1, maximum = var.maximum }
  wait_for_workers = 1
}

output "dask" {
  description = "What connect.py needs: where the gateway is, and which cluster."
  value = {
    address       = data.pc_gateway.this.address
    proxy_address = data.pc_gateway.this.proxy_address
    name          = pc_dask_cluster.this.name
  }
}
