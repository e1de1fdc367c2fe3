data "pc_gateway" "this" {}

# What a Python environment needs to talk to this gateway.
output "requirements" {
  value = [data.pc_gateway.this.client_requirement, "dask", "distributed"]
}

# Says so with every plan while the gateway is unwell, and stops nothing.
check "gateway" {
  assert {
    condition     = data.pc_gateway.this.healthy
    error_message = "The gateway at ${data.pc_gateway.this.address} is not healthy."
  }
}
