output "scheduler" {
  value = provider::pc::dask_cloud_init("scheduler", {
    image        = "pangeo/pangeo-notebook:2026.08.01"
    idle_timeout = "2 hours"
  })
}

output "worker" {
  value = provider::pc::dask_cloud_init("worker", {
    image             = "pangeo/pangeo-notebook:2026.08.01"
    scheduler_address = "tcp://10.0.0.4:8786"
    nworkers          = "auto"
    memory_limit      = "0.9"
    local_directory   = "/mnt/dask"
    env               = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
    config            = { distributed = { worker = { memory = { target = 0.7 } } } }
  })
}
