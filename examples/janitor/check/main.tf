terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

# Reads PC_ADDRESS and PC_API_TOKEN.
provider "pc" {}

variable "managed" {
  description = "Names of the clusters that other configurations manage."
  type        = set(string)
  default     = []
}

variable "older_than" {
  description = "Age from which a cluster counts as forgotten, as a Go duration."
  type        = string
  default     = "8h"
}

data "pc_clusters" "old" {
  older_than = var.older_than
  activity   = true

  # A check block would only warn. A failed postcondition fails the plan.
  lifecycle {
    postcondition {
      condition = length(setsubtract(self.names, var.managed)) == 0
      error_message = "These clusters are older than ${var.older_than} and in no configuration: ${join("; ", [
        for name in setsubtract(self.names, var.managed) :
        "${name} (started ${self.clusters[name].started_at}, ${coalesce(self.clusters[name].workers, 0)} workers, ${self.clusters[name].idle == null ? "activity unknown" : self.clusters[name].idle ? "idle" : "busy"})"
      ])}."
    }
  }
}
