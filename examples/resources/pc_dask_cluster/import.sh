# The name is what Python's gateway.list_clusters() and the data source
# pc_clusters show.
terraform import pc_dask_cluster.ndvi prod.fbfed27704fc4d1da027dad20471993b
