variable "cluster" {
  description = "What cluster.name prints in a notebook."
  type        = string
  default     = "prod.fbfed27704fc4d1da027dad20471993b"
}

data "pc_dask_cluster" "theirs" {
  name = var.cluster
}

output "dashboard" {
  value = data.pc_dask_cluster.theirs.dashboard_link
}

output "workers" {
  value = data.pc_dask_cluster.theirs.workers
}

output "memory_gib" {
  value = try(data.pc_dask_cluster.theirs.memory / pow(1024, 3), null)
}
