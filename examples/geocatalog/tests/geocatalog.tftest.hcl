# Creates nothing in Azure and sends no request: all providers are mocks. AzureRM's and
# AzAPI's check their arguments.

mock_provider "azurerm" {
  source = "./tests/azurerm"
}

mock_provider "azapi" {
  mock_resource "azapi_resource" {
    defaults = {
      id     = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/maps/providers/Microsoft.Orbital/geoCatalogs/maps"
      output = { properties = { catalogUri = "https://maps.0123456789abcdef.westeurope.geocatalog.spatio.azure.com/" } }
    }
  }
}

mock_provider "pc" {
  mock_data "pc_collection" {
    defaults = { region = "westeurope", storage_account = "account1", container = "fires-0a1b2c3d" }
  }
}

variables {
  subscription_id    = "00000000-0000-0000-0000-000000000000"
  name               = "maps"
  kubernetes_cluster = { name = "hub", resource_group = "hub" }
}

run "creates_the_catalog_first" {
  assert {
    condition     = output.geocatalog_url == "https://maps.0123456789abcdef.westeurope.geocatalog.spatio.azure.com"
    error_message = "the address is not the API's"
  }
  assert {
    condition     = azurerm_role_assignment.catalog.scope == "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/maps/providers/Microsoft.Orbital/geoCatalogs/maps" && azurerm_role_assignment.catalog.role_definition_name == "GeoCatalog Reader" && azurerm_role_assignment.catalog.principal_id == "66666666-7777-8888-9999-000000000000"
    error_message = "the workers cannot read the GeoCatalog"
  }
  assert {
    condition     = length(pc_dask_cluster.this) == 0 && output.dask == null
    error_message = "a cluster without data"
  }
}

run "puts_all_into_one_region" {
  variables {
    collection = "fires"
  }

  assert {
    condition     = azurerm_resource_group.this.location == "westeurope" && azurerm_storage_account.results.location == "westeurope" && output.location == "westeurope"
    error_message = "something is in another region"
  }
  assert {
    condition     = pc_dask_cluster.this[0].options.environment == { AZURE_CLIENT_ID = "11111111-2222-3333-4444-555555555555", GEOCATALOG_URL = "https://maps.0123456789abcdef.westeurope.geocatalog.spatio.azure.com", RESULTS_ACCOUNT = "mapsres", RESULTS_CONTAINER = "results" }
    error_message = "the workers do not get what they need"
  }
  assert {
    condition     = data.pc_collection.data[0].geocatalog_url == output.geocatalog_url
    error_message = "the collection is read from another catalog"
  }
}

run "warns_about_a_gateway_elsewhere" {
  command = plan

  override_data {
    target = data.azurerm_kubernetes_cluster.gateway
    values = { location = "northeurope", kubelet_identity = [{ client_id = "1", object_id = "2", user_assigned_identity_id = "3" }] }
  }

  expect_failures = [check.compute_is_next_to_the_data]
}

run "refuses_a_cluster_elsewhere" {
  command = plan

  variables {
    collection = "fires"
  }

  override_data {
    target = data.azurerm_kubernetes_cluster.gateway
    values = { location = "northeurope", kubelet_identity = [{ client_id = "1", object_id = "2", user_assigned_identity_id = "3" }] }
  }

  expect_failures = [check.compute_is_next_to_the_data, pc_dask_cluster.this]
}

run "refuses_a_collection_without_data" {
  command = plan

  variables {
    collection = "fires"
  }

  override_data {
    target = data.pc_collection.data
    values = { region = "westeurope", storage_account = null, container = null }
  }

  expect_failures = [data.pc_collection.data]
}

run "rejects_invalid_values" {
  command = plan

  variables {
    subscription_id = "mine"
    name            = "My catalog"
    location        = "West Europe"
    collection      = "my fires"
    token_revision  = 0
    workers         = 0.5
  }

  expect_failures = [var.subscription_id, var.name, var.location, var.collection, var.token_revision, var.workers]
}
