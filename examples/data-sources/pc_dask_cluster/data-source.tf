data "pc_dask_cluster" "theirs" {
  name = "prod.fbfed27704fc4d1da027dad20471993b"
}

output "workers" {
  value = data.pc_dask_cluster.theirs.workers
}

output "memory_gib" {
  value = try(data.pc_dask_cluster.theirs.memory / pow(1024, 3), null)
}
