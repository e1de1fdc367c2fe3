# Makes nothing in Azure and asks no Hub: all providers are mocks, of which
# AzureRM's and Helm's check their arguments.

mock_provider "azurerm" {
  source = "./tests/azurerm"
}

mock_provider "helm" {}

mock_provider "pc" {
  mock_data "pc_collection" {
    defaults = { region = "westeurope" }
  }
}

mock_provider "pc" {
  alias = "hub"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "ndvi"
  contact_email   = "ops@example.com"
  hub_token       = "0000000000000000000000000000000000000000000000000000000000000001"
  gateway_token   = "0000000000000000000000000000000000000000000000000000000000000002"
  hub_password    = "0000000000000003"
}

run "next_to_the_data" {
  assert {
    condition     = azurerm_resource_group.this.location == "westeurope" && azurerm_storage_account.results.location == "westeurope" && azurerm_kubernetes_cluster.hub.location == "westeurope"
    error_message = "something is elsewhere"
  }
  assert {
    condition     = pc_dask_cluster.this.options.environment == { RESULTS_ACCOUNT = "ndvires", RESULTS_CONTAINER = "results", AZURE_CLIENT_ID = "11111111-2222-3333-4444-555555555555" }
    error_message = "the workers do not know where the results go"
  }
  assert {
    condition     = azurerm_role_assignment.workers.scope == azurerm_storage_container.results.id && azurerm_role_assignment.workers.principal_id == "66666666-7777-8888-9999-000000000000" && azurerm_storage_account.results.shared_access_key_enabled == false && azurerm_storage_account.results.allow_nested_items_to_be_public == false
    error_message = "the workers may not write, or others may read"
  }
  assert {
    condition     = local.hub_address == "https://ndvi.westeurope.cloudapp.azure.com/services/dask-gateway/" && output.hub == "https://ndvi.westeurope.cloudapp.azure.com/"
    error_message = "the provider asks another Hub than the one that is made"
  }
  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.dask.min_count == 0 && azurerm_kubernetes_cluster_node_pool.dask.max_count == 5
    error_message = "nodes cost while nobody computes"
  }
  assert {
    condition     = pc_dask_cluster.this.adapt.minimum == 0 && pc_dask_cluster.this.adapt.maximum == 20
    error_message = "the cluster has another size"
  }
}

run "the_region_follows_the_data" {
  override_data {
    target = data.pc_collection.data
    values = { region = "northeurope" }
  }

  assert {
    condition     = output.location == "northeurope" && output.hub == "https://ndvi.northeurope.cloudapp.azure.com/"
    error_message = "the Hub stays behind"
  }
}

run "one_image_for_all" {
  variables {
    image = { name = "example.azurecr.io/dask", tag = "1" }
  }

  assert {
    condition     = pc_dask_cluster.this.options.image == "example.azurecr.io/dask:1"
    error_message = "the workers have another Dask than the notebooks"
  }
}

run "elsewhere" {
  command = plan

  variables {
    location = "eastus"
  }

  expect_failures = [check.compute_is_next_to_the_data]
}

run "what_is_none" {
  command = plan

  variables {
    subscription_id = "mine"
    name            = "My Hub"
    contact_email   = "ops"
    collection      = "sentinel 2"
    location        = "West Europe"
    image           = { name = "pangeo/pangeo-notebook", tag = "latest" }
    maximum_workers = 0
    maximum_nodes   = 1001
    tokens_revision = 0
    hub_token       = "secret"
    gateway_token   = ""
    hub_password    = "secret"
  }

  expect_failures = [
    var.subscription_id, var.name, var.contact_email, var.collection, var.location, var.image, var.maximum_workers, var.maximum_nodes, var.tokens_revision, var.hub_token, var.gateway_token, var.hub_password,
  ]
}
