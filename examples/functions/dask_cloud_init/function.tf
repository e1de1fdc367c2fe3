terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

locals {
  image = "pangeo/pangeo-notebook:2026.08.01"
}

# custom_data = base64encode(...) of an azurerm_linux_virtual_machine
output "scheduler" {
  value = provider::pc::dask_cloud_init("scheduler", {
    image        = local.image
    idle_timeout = "2 hours"
  })
}

# custom_data = base64encode(...) of an azurerm_linux_virtual_machine_scale_set
output "worker" {
  value = provider::pc::dask_cloud_init("worker", {
    image             = local.image
    scheduler_address = "tcp://10.0.0.4:8786"
    nworkers          = "auto"
    memory_limit      = "0.9"
    local_directory   = "/mnt/dask"
    env               = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
    config            = { distributed = { worker = { memory = { target = 0.7 } } } }
  })
}
