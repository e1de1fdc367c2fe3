data "pc_gateway" "this" {}

output "requirements" {
  value = [data.pc_gateway.this.client_requirement, "dask", "distributed"]
}

# Warns while the gateway is not healthy.
check "gateway" {
  assert {
    condition     = data.pc_gateway.this.healthy
    error_message = "The gateway at ${data.pc_gateway.this.address} is not healthy."
  }
}
