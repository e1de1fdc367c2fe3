resource "pc_dask_cluster" "region" {
  for_each = { north = 20, south = 40 }

  adapt = { minimum = 0, maximum = each.value }
}

output "clusters" {
  value = { for region, cluster in pc_dask_cluster.region : region => cluster.name }
}
