resource "pc_dask_cluster" "tiles" {
  workers = 20
}
