data "pc_collection" "sentinel" {
  id = "sentinel-2-l2a"
}

ephemeral "pc_sas_token" "sentinel" {
  storage_account = data.pc_collection.sentinel.storage_account
  container       = data.pc_collection.sentinel.container
}

locals {
  container     = "https://${data.pc_collection.sentinel.storage_account}.blob.core.windows.net/${data.pc_collection.sentinel.container}"
  container_url = "${local.container}?${ephemeral.pc_sas_token.sentinel.token}"
}

resource "terraform_data" "list" {
  triggers_replace = data.pc_collection.sentinel.container

  provisioner "local-exec" {
    command     = "azcopy list \"$CONTAINER_URL\" > tiles.txt"
    environment = { CONTAINER_URL = local.container_url }
  }
}

# For a cluster, while the token lasts.
resource "pc_dask_cluster" "ndvi" {
  options    = { environment = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" } }
  options_wo = { environment = { CONTAINER_URL = local.container_url } }
  workers    = 4
}
