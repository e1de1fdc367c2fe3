output "hub" {
  description = "Address of the Hub for browsers."
  value       = trimsuffix(local.hub_address, "services/dask-gateway/")
}

output "cluster_name" {
  description = "Name of the cluster on the gateway."
  value       = pc_dask_cluster.this.name
}

output "dashboard_link" {
  description = "Address of the cluster's dashboard."
  value       = pc_dask_cluster.this.dashboard_link
}

output "location" {
  description = "The Azure region that all of it is in."
  value       = azurerm_resource_group.this.location
}
