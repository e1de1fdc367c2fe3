terraform {
  required_providers {
    pc = {
      source  = "planetary-computer/pc"
      version = "~> 0.1"
    }
  }
}

provider "pc" {
  address       = "https://hub.example.com/services/dask-gateway/"
  proxy_address = "gateway://dask.example.com:8786"
  # The token comes from PC_API_TOKEN.
}

resource "pc_dask_cluster" "ndvi" {
  options          = { worker_cores = 2, worker_memory = 16 }
  adapt            = { minimum = 1, maximum = 100 }
  wait_for_workers = 1
}

output "cluster" {
  description = "Argument of Python's gateway.connect(name)."
  value       = pc_dask_cluster.ndvi.name
}
