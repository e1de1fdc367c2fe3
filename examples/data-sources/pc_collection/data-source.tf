data "pc_collection" "sentinel" {
  id = "sentinel-2-l2a"
}

check "compute_is_next_to_the_data" {
  assert {
    condition     = coalesce(data.pc_collection.sentinel.region, "unknown") == "westeurope"
    error_message = "The Hub is in westeurope, and the data elsewhere: reading across regions is slow, and costs."
  }
}

output "thumbnail" {
  value = try(jsondecode(data.pc_collection.sentinel.assets).thumbnail.href, null)
}
