# With key_vault_id the certificate's key is in no custom_data: an identity of
# the machines fetches it from the vault before each start of Dask. Whoever
# applies this has to be Key Vault Secrets Officer there, and may assign roles.

locals {
  key_vault = var.key_vault_id == null ? 0 : 1

  private_key_secret = var.key_vault_id == null ? null : {
    id                 = azurerm_key_vault_secret.dask[0].id
    identity_client_id = azurerm_user_assigned_identity.dask[0].client_id
  }
}

resource "azurerm_user_assigned_identity" "dask" {
  count = local.key_vault

  name                = "${var.name}-machines"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_key_vault_secret" "dask" {
  count = local.key_vault

  name         = "${var.name}-tls-key"
  key_vault_id = var.key_vault_id
  content_type = "PEM in base64"
  tags         = local.tags

  # Write-only, and in base64 because line ends do not survive every way into a vault.
  value_wo         = base64encode(module.dask.private_key)
  value_wo_version = module.dask.private_key_version
}

# This one secret, and not the vault.
resource "azurerm_role_assignment" "dask" {
  count = local.key_vault

  scope                = azurerm_key_vault_secret.dask[0].resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.dask[0].principal_id
}
