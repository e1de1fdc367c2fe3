variable "regions" {
  description = "Maximum number of workers for each region."
  type        = map(number)
  default     = { north = 20, south = 40 }
}

resource "pc_dask_cluster" "region" {
  for_each = var.regions

  adapt = { minimum = 0, maximum = each.value }
}

output "clusters" {
  value = { for region, cluster in pc_dask_cluster.region : region => cluster.name }
}
