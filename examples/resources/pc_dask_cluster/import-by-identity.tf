import {
  to = pc_dask_cluster.ndvi
  identity = {
    name = "prod.fbfed27704fc4d1da027dad20471993b"
  }
}
