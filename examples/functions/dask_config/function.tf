data "pc_gateway" "this" {}

# A file for DASK_CONFIG, or for ~/.config/dask: then Gateway() in Python needs no
# argument. The token comes from JUPYTERHUB_API_TOKEN.
resource "terraform_data" "dask_config" {
  input = provider::pc::dask_config({
    address         = data.pc_gateway.this.address
    proxy_address   = data.pc_gateway.this.proxy_address
    cluster_options = { image = "pangeo/pangeo-notebook:2026.08.01", worker_cores = 2 }
  })
}

output "dask_config" {
  value = terraform_data.dask_config.output
}
