variable "results_token" {
  description = "Token with which the workers write their results."
  type        = string
  sensitive   = true
  ephemeral   = true
}

resource "pc_dask_cluster" "private" {
  options            = { environment = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" } }
  options_wo         = { environment = { RESULTS_TOKEN = var.results_token } }
  options_wo_version = 1
  workers            = 4
}
