resource "pc_hub_token" "nightly" {
  note         = "nightly NDVI"
  expires_in   = "720h"
  renew_before = "168h"
  scopes       = ["access:services!service=dask-gateway"]

  lifecycle {
    create_before_destroy = true
  }
}

output "jupyterhub_token" {
  value     = pc_hub_token.nightly.token
  sensitive = true
}
