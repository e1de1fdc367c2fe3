# Where is the data?
data "pc_collection" "data" {
  id = var.collection
}

locals {
  data_region = coalesce(data.pc_collection.data.region, "westeurope")
  location    = coalesce(var.location, local.data_region)
}

resource "azurerm_resource_group" "this" {
  name     = var.name
  location = local.location
}

# Results stay in the region as well.
resource "azurerm_storage_account" "results" {
  name                            = "${var.name}res"
  resource_group_name             = azurerm_resource_group.this.name
  location                        = azurerm_resource_group.this.location
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  https_traffic_only_enabled      = true
  min_tls_version                 = "TLS1_2"
  shared_access_key_enabled       = false
  allow_nested_items_to_be_public = false
}

resource "azurerm_storage_container" "results" {
  name               = "results"
  storage_account_id = azurerm_storage_account.results.id
}

# No key is handed to anybody.
resource "azurerm_role_assignment" "workers" {
  scope                = azurerm_storage_container.results.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.workers.principal_id
}

# The cluster on the Hub, beside what AzureRM makes: its workers know where the
# results go, and as whom.
resource "pc_dask_cluster" "this" {
  provider = pc.hub

  options = {
    image         = "${var.image.name}:${var.image.tag}"
    worker_cores  = 2
    worker_memory = 8
    environment = {
      RESULTS_ACCOUNT   = azurerm_storage_account.results.name
      RESULTS_CONTAINER = azurerm_storage_container.results.name
      AZURE_CLIENT_ID   = azurerm_user_assigned_identity.workers.client_id
    }
  }

  adapt = {
    minimum = 0
    maximum = var.maximum_workers
  }

  depends_on = [azurerm_role_assignment.workers]
}

check "compute_is_next_to_the_data" {
  assert {
    condition     = azurerm_resource_group.this.location == local.data_region
    error_message = "The Hub is in ${azurerm_resource_group.this.location} and the data of ${var.collection} in ${local.data_region}: reading across regions is slow, and costs. Leave location out."
  }
}
