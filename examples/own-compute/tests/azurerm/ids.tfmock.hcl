# AzureRM checks ids where they are used, and a mock's own are eight random letters.

mock_resource "azurerm_resource_group" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask" }
}

mock_resource "azurerm_virtual_network" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/virtualNetworks/dask-network" }
}

mock_resource "azurerm_subnet" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/virtualNetworks/dask-network/subnets/dask-subnet" }
}

mock_resource "azurerm_public_ip" {
  defaults = {
    id         = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/publicIPAddresses/dask"
    ip_address = "20.0.0.4"
  }
}

mock_resource "azurerm_nat_gateway" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/natGateways/dask-nat" }
}

mock_resource "azurerm_network_security_group" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/networkSecurityGroups/dask-security" }
}

mock_resource "azurerm_network_interface" {
  defaults = {
    id                 = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Network/networkInterfaces/dask-scheduler"
    private_ip_address = "10.9.9.7"
  }
}

mock_resource "azurerm_linux_virtual_machine" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Compute/virtualMachines/dask-scheduler" }
}

mock_resource "azurerm_linux_virtual_machine_scale_set" {
  defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.Compute/virtualMachineScaleSets/dask-workers" }
}

mock_resource "azurerm_user_assigned_identity" {
  defaults = {
    id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dask-machines"
    client_id    = "11111111-2222-3333-4444-555555555555"
    principal_id = "66666666-7777-8888-9999-000000000000"
  }
}

mock_resource "azurerm_key_vault_secret" {
  defaults = {
    id                      = "https://example.vault.azure.net/secrets/dask-tls-key/0123456789abcdef0123456789abcdef"
    resource_versionless_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/example/secrets/dask-tls-key"
  }
}
