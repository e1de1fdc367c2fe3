output "geocatalog_url" {
  description = "Address of the GeoCatalog."
  value       = local.catalog_url
}

output "location" {
  description = "Azure region of the GeoCatalog and of the results."
  value       = azurerm_resource_group.this.location
}

output "dask" {
  description = "What job.py needs: the gateway, and the cluster. Null without a collection."
  value = var.collection == null ? null : {
    address       = data.pc_gateway.this[0].address
    proxy_address = data.pc_gateway.this[0].proxy_address
    name          = pc_dask_cluster.this[0].name
  }
}
