resource "pc_dask_cluster" "ndvi" {
  options = {
    worker_cores  = 2
    worker_memory = 16
    image         = "pangeo/pangeo-notebook:2026.08.01"
    environment   = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
  }
  adapt = { minimum = 1, maximum = 100 }
}

output "scheduler_address" {
  value = pc_dask_cluster.ndvi.scheduler_address
}
