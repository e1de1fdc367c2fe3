data "pc_gateway" "this" {}

output "dask_config" {
  value = provider::pc::dask_config({
    address         = data.pc_gateway.this.address
    proxy_address   = data.pc_gateway.this.proxy_address
    cluster_options = { image = "pangeo/pangeo-notebook:2026.08.01", worker_cores = 2 }
  })
}
