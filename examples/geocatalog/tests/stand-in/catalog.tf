# Replaces catalog.tf where AzAPI is not available. The address is unknown in the first
# plan here, too.
resource "terraform_data" "catalog" {
  input = "https://${var.name}.0123456789abcdef.${var.location}.geocatalog.spatio.azure.com/"
}

locals {
  catalog_id  = "${azurerm_resource_group.this.id}/providers/Microsoft.Orbital/geoCatalogs/${var.name}"
  catalog_url = trimsuffix(terraform_data.catalog.output, "/")
}
