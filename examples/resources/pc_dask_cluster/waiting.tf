resource "pc_dask_cluster" "ready" {
  workers          = 20
  wait_for_workers = 10 # of the 20
  timeouts         = { create = "30m" }
}
