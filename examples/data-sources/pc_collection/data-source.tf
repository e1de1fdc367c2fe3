data "pc_collection" "sentinel" {
  id = "sentinel-2-l2a"
}

locals {
  location = coalesce(data.pc_collection.sentinel.region, "westeurope")
}

check "compute_is_next_to_the_data" {
  assert {
    condition     = local.location == "westeurope"
    error_message = "${data.pc_collection.sentinel.id} is in ${local.location}, and the Hub in westeurope: reading across regions is slow, and costs."
  }
}

output "thumbnail" {
  value = try(jsondecode(data.pc_collection.sentinel.assets).thumbnail.href, null)
}
