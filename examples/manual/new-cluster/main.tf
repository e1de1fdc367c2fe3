provider "pc" {
  address       = "https://hub.example.com/services/dask-gateway/"
  proxy_address = "gateway://dask.example.com:8786"
  # api_token comes from PC_API_TOKEN
}

resource "pc_dask_cluster" "main" {
  adapt = {
    minimum = 1
    maximum = 100
  }
}

output "cluster" {
  description = "What gateway.connect(name) takes."
  value       = pc_dask_cluster.main.name
}
