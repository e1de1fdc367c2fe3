variable "forgotten" {
  description = "Names of clusters, for example from terraform query."
  type        = set(string)
  default     = []
}

# terraform apply -invoke=action.pc_dask_cluster_stop.forgotten -var='forgotten=["prod.fbfed27704fc4d1da027dad20471993b"]'
action "pc_dask_cluster_stop" "forgotten" {
  config {
    names        = var.forgotten
    only_if_idle = true
  }
}
