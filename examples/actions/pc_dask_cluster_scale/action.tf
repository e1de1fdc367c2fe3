resource "pc_dask_cluster" "tiles" {
  options = { worker_cores = 2 }
}

# terraform apply -invoke=action.pc_dask_cluster_scale.burst
action "pc_dask_cluster_scale" "burst" {
  config {
    name             = pc_dask_cluster.tiles.name
    workers          = 20
    wait_for_workers = 15
  }
}
