# Where do the workers run, and with which identity?
data "azurerm_kubernetes_cluster" "gateway" {
  name                = var.kubernetes_cluster.name
  resource_group_name = var.kubernetes_cluster.resource_group
}

locals {
  workers = data.azurerm_kubernetes_cluster.gateway.kubelet_identity[0]
}

resource "azurerm_resource_group" "this" {
  name     = var.name
  location = var.location
}

# The workers can request their own SAS tokens.
resource "azurerm_role_assignment" "catalog" {
  scope                = local.catalog_id
  role_definition_name = "GeoCatalog Reader"
  principal_id         = local.workers.object_id
}

# The results stay in the region, too.
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

resource "azurerm_role_assignment" "results" {
  scope                = azurerm_storage_container.results.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = local.workers.object_id
}

# A new GeoCatalog has no collections, so the rest needs a second apply.
data "pc_collection" "data" {
  count          = var.collection == null ? 0 : 1
  id             = var.collection
  geocatalog_url = local.catalog_url

  lifecycle {
    postcondition {
      condition     = self.storage_account != null && self.container != null
      error_message = "The collection ${self.id} has no assets in Azure Blob Storage yet: ingest data first."
    }
  }
}

# A warning: the GeoCatalog and its results are of use without a cluster, too.
check "compute_is_next_to_the_data" {
  assert {
    condition     = data.azurerm_kubernetes_cluster.gateway.location == var.location
    error_message = "The gateway runs in ${data.azurerm_kubernetes_cluster.gateway.location}, and the data is in ${var.location}."
  }
}

resource "pc_dask_cluster" "this" {
  count = var.collection == null ? 0 : 1

  options = {
    environment = {
      AZURE_CLIENT_ID   = local.workers.client_id
      GEOCATALOG_URL    = local.catalog_url
      RESULTS_ACCOUNT   = azurerm_storage_account.results.name
      RESULTS_CONTAINER = azurerm_storage_container.results.name
    }
  }

  # The names that adlfs and GDAL read. The token ends for all workers at the same time:
  # see README.md for jobs that take longer.
  options_wo = {
    environment = {
      AZURE_STORAGE_ACCOUNT      = data.pc_collection.data[0].storage_account
      AZURE_STORAGE_ACCOUNT_NAME = data.pc_collection.data[0].storage_account
      AZURE_STORAGE_CONTAINER    = data.pc_collection.data[0].container
      AZURE_STORAGE_SAS_TOKEN    = local.sas_token
    }
  }
  options_wo_version = var.token_revision

  workers          = var.workers
  wait_for_workers = 1

  lifecycle {
    # An error: a cluster in another region reads slowly, and the traffic costs money.
    precondition {
      condition     = data.azurerm_kubernetes_cluster.gateway.location == coalesce(data.pc_collection.data[0].region, var.location)
      error_message = "The gateway runs in ${data.azurerm_kubernetes_cluster.gateway.location}, and the collection is in ${coalesce(data.pc_collection.data[0].region, var.location)}. Use a gateway in the region of the data."
    }
  }

  depends_on = [azurerm_role_assignment.catalog, azurerm_role_assignment.results]
}

data "pc_gateway" "this" {
  count = var.collection == null ? 0 : 1
}
