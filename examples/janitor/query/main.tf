terraform {
  required_version = ">= 1.14"

  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

# Reads PC_ADDRESS and PC_API_TOKEN.
provider "pc" {}

variable "stop" {
  description = "Names of the clusters to stop."
  type        = set(string)
  default     = []
}

action "pc_dask_cluster_stop" "forgotten" {
  config {
    names        = var.stop
    only_if_idle = true
  }
}
