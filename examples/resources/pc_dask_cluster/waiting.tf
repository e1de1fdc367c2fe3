resource "pc_dask_cluster" "ready" {
  workers          = 20
  wait_for_workers = 10 # The apply ends when 10 of the 20 have joined.
  timeouts         = { create = "30m" }
}
