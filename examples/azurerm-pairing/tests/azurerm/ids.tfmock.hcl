# AzureRM checks ids where they are used, and a mock's own are eight random letters.

mock_resource "azurerm_resource_group" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ndvi" }
}

mock_resource "azurerm_storage_account" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ndvi/providers/Microsoft.Storage/storageAccounts/ndvires" }
}

mock_resource "azurerm_storage_container" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ndvi/providers/Microsoft.Storage/storageAccounts/ndvires/blobServices/default/containers/results" }
}

mock_resource "azurerm_kubernetes_cluster" {
  defaults = {
    id          = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ndvi/providers/Microsoft.ContainerService/managedClusters/ndvi"
    kube_config = [{ host = "https://127.0.0.1:1", client_certificate = "eA==", client_key = "eA==", cluster_ca_certificate = "eA==", username = "", password = "" }]
  }
}

mock_resource "azurerm_user_assigned_identity" {
  defaults = {
    id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ndvi/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ndvi"
    client_id    = "11111111-2222-3333-4444-555555555555"
    principal_id = "66666666-7777-8888-9999-000000000000"
  }
}
