# Takes the place of daskhub.tf where the plugin of Helm cannot be had: what is
# made by the chart is not made, and the address is unknown in the plan all the same.
locals {
  hub_host = "${var.name}.${local.location}.cloudapp.azure.com"
}

resource "terraform_data" "hub" {
  input      = "https://${local.hub_host}/services/dask-gateway/"
  depends_on = [azurerm_kubernetes_cluster_node_pool.dask]
}

locals {
  hub_address = terraform_data.hub.output
}
