# Read access to the container of the collection, for this run of Terraform.
ephemeral "pc_sas_token" "data" {
  count          = var.collection == null ? 0 : 1
  collection     = data.pc_collection.data[0].id
  geocatalog_url = local.catalog_url
}

locals {
  sas_token = one(ephemeral.pc_sas_token.data[*].token)
}
