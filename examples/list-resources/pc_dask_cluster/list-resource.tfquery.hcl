provider "pc" {}

# Everything that runs or starts, with what a configuration needs.
list "pc_dask_cluster" "all" {
  provider         = pc
  limit            = 1000
  include_resource = true
}

# What computes nothing and has run for more than a day.
list "pc_dask_cluster" "forgotten" {
  provider = pc
  limit    = 1000

  config {
    idle       = true
    older_than = "24h"
  }
}
