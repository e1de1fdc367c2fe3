# AzureRM has no resource for GeoCatalogs yet. Creating one takes 10 to 20 minutes.
resource "azapi_resource" "catalog" {
  type                   = "Microsoft.Orbital/geoCatalogs@2026-04-15"
  parent_id              = azurerm_resource_group.this.id
  name                   = var.name
  location               = azurerm_resource_group.this.location
  body                   = { properties = { tier = "Basic" } }
  response_export_values = ["properties.catalogUri"]

  timeouts {
    create = "2h"
  }

  lifecycle {
    # Some addresses do not contain the region.
    postcondition {
      condition     = !can(regex("^https://[^.]+[.][^.]+[.][a-z0-9]+[.]geocatalog[.]", self.output.properties.catalogUri)) || strcontains(self.output.properties.catalogUri, ".${var.location}.geocatalog.")
      error_message = "The address ${self.output.properties.catalogUri} is not in ${var.location}."
    }
  }
}

locals {
  catalog_id  = azapi_resource.catalog.id
  catalog_url = trimsuffix(azapi_resource.catalog.output.properties.catalogUri, "/")
}
