data "pc_cluster_options" "this" {}

# The most that one worker may have on this gateway; 4 where it sets no limit.
resource "pc_dask_cluster" "large" {
  options = {
    worker_cores = coalesce(data.pc_cluster_options.this.options["worker_cores"].maximum, 4)
  }
}

# What there is to choose, with its defaults.
output "defaults" {
  value = data.pc_cluster_options.this.defaults
}

output "choices" {
  value = { for name, option in data.pc_cluster_options.this.options : name => option.choices if option.type == "select" }
}
