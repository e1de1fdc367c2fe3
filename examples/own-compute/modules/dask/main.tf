# The authority of this one cluster. Its key is in the state and on no machine.
resource "tls_private_key" "ca" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}

resource "tls_self_signed_cert" "ca" {
  private_key_pem       = tls_private_key.ca.private_key_pem
  is_ca_certificate     = true
  validity_period_hours = var.certificate_validity_hours
  allowed_uses          = ["cert_signing", "digital_signature"]

  subject {
    common_name = "Dask cluster"
  }
}

# One certificate for the scheduler, the workers and the clients: each of them
# is a server and a client to Dask, which looks at no name in it.
resource "tls_private_key" "dask" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}

resource "tls_cert_request" "dask" {
  private_key_pem = tls_private_key.dask.private_key_pem
  dns_names       = ["dask-internal"]

  subject {
    common_name = "dask-internal"
  }
}

resource "tls_locally_signed_cert" "dask" {
  cert_request_pem      = tls_cert_request.dask.cert_request_pem
  ca_private_key_pem    = tls_private_key.ca.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.ca.cert_pem
  validity_period_hours = var.certificate_validity_hours
  allowed_uses          = ["digital_signature", "server_auth", "client_auth"]
}

locals {
  ca_certificate = tls_self_signed_cert.ca.cert_pem
  certificate    = tls_locally_signed_cert.dask.cert_pem
  private_key    = tls_private_key.dask.private_key_pem_pkcs8

  # Null is an option that is left out.
  tls = {
    ca_certificate     = local.ca_certificate
    certificate        = local.certificate
    private_key        = var.private_key_secret == null ? local.private_key : null
    private_key_secret = one(var.private_key_secret[*].id)
    identity_client_id = one(var.private_key_secret[*].identity_client_id)
  }

  # An IPv6 address has brackets before a port.
  private = strcontains(var.scheduler_private_address, ":") ? "[${var.scheduler_private_address}]" : var.scheduler_private_address
  client  = coalesce(var.scheduler_client_address, var.scheduler_private_address)
  public  = strcontains(local.client, ":") ? "[${local.client}]" : local.client

  scheduler_address = "tls://${local.public}:${var.port}"

  scheduler_cloud_init = provider::pc::dask_cloud_init("scheduler", merge(var.scheduler_options, {
    image          = var.image
    tls            = local.tls
    port           = var.port
    dashboard_port = var.dashboard_port
    dashboard_tls  = true
  }))

  worker_cloud_init = provider::pc::dask_cloud_init("worker", merge(var.worker_options, {
    image             = var.image
    tls               = local.tls
    scheduler_address = "tls://${local.private}:${var.port}"
  }))
}
