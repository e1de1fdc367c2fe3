provider "pc" {
  address       = "https://hub.example.com/services/dask-gateway/"
  proxy_address = "gateway://dask.example.com:8786"
  # api_token comes from PC_API_TOKEN
}

data "pc_clusters" "mine" {}

output "clusters" {
  description = "What gateway.list_clusters() shows, by name."
  value       = data.pc_clusters.mine.names
}
