data "pc_cluster_options" "this" {}

# The most cores that a worker may have, or 4.
resource "pc_dask_cluster" "large" {
  options = {
    worker_cores = coalesce(data.pc_cluster_options.this.options["worker_cores"].maximum, 4)
  }
}

output "choices" {
  value = { for name, option in data.pc_cluster_options.this.options : name => option.choices if option.type == "select" }
}
