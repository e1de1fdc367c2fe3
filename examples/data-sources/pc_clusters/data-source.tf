data "pc_clusters" "running" {}

# What ended within the last day.
data "pc_clusters" "ended" {
  statuses = ["STOPPED", "FAILED"]
}

output "running" {
  value = { for name, cluster in data.pc_clusters.running.clusters : name => cluster.started_at }
}

output "images" {
  value = [for cluster in values(data.pc_clusters.running.clusters) : jsondecode(cluster.options).image]
}
