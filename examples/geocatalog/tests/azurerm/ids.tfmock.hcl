# AzureRM checks ids where they are used, and a mock's own are eight random letters.

mock_resource "azurerm_resource_group" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/maps" }
}

mock_resource "azurerm_storage_account" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/maps/providers/Microsoft.Storage/storageAccounts/mapsres" }
}

mock_resource "azurerm_storage_container" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/maps/providers/Microsoft.Storage/storageAccounts/mapsres/blobServices/default/containers/results" }
}

mock_data "azurerm_kubernetes_cluster" {
  defaults = {
    location = "westeurope"
    kubelet_identity = [{
      client_id                 = "11111111-2222-3333-4444-555555555555"
      object_id                 = "66666666-7777-8888-9999-000000000000"
      user_assigned_identity_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/hub/providers/Microsoft.ManagedIdentity/userAssignedIdentities/workers"
    }]
  }
}
