resource "pc_hub_server" "lab" {
  user_options = { profile = "large" }
}

resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = "gpu-pytorch" }
  timeouts     = { create = "30m" } # for a new node
}

output "lab" {
  value = pc_hub_server.lab.url
}
