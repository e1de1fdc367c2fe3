terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

data "pc_clusters" "all" {}

output "names" {
  description = "Names of the clusters that are pending or run."
  value       = data.pc_clusters.all.names
}
