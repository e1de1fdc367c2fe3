provider "pc" {}

resource "pc_dask_cluster" "main" {
  adapt = {
    minimum = 1
    maximum = 100
  }
}

output "cluster" {
  description = "What GatewayCluster.from_name(name) takes."
  value       = pc_dask_cluster.main.name
}
