# Where is the data?
data "pc_collection" "sentinel" {
  id = "sentinel-2-l2a"
}

# What reads it belongs into the same region. A collection need not tell its own.
locals {
  location = coalesce(data.pc_collection.sentinel.region, "westeurope")
}

# Says so when the data moves.
check "compute_is_next_to_the_data" {
  assert {
    condition     = local.location == "westeurope"
    error_message = "${data.pc_collection.sentinel.id} is in ${local.location}, and the Hub in westeurope: reading across regions is slow, and costs."
  }
}

output "thumbnail" {
  value = try(jsondecode(data.pc_collection.sentinel.assets).thumbnail.href, null)
}
