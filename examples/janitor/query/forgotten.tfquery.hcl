# Clusters that compute nothing and are older than a working day.
list "pc_dask_cluster" "forgotten" {
  provider = pc
  limit    = 1000

  config {
    idle       = true
    older_than = "8h"
  }
}
