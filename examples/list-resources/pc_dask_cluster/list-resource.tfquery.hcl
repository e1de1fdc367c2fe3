provider "pc" {}

# Includes what a configuration needs.
list "pc_dask_cluster" "all" {
  provider         = pc
  limit            = 1000
  include_resource = true
}

list "pc_dask_cluster" "forgotten" {
  provider = pc
  limit    = 1000

  config {
    idle       = true
    older_than = "24h"
  }
}
