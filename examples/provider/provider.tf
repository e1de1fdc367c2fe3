terraform {
  required_providers {
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

variable "jupyterhub_token" {
  description = "Token made on the Hub's page /hub/token."
  type        = string
  sensitive   = true
}

provider "pc" {
  address       = "https://hub.example.com/services/dask-gateway/"
  proxy_address = "gateway://dask.example.com:8786"
  api_token     = var.jupyterhub_token
}
