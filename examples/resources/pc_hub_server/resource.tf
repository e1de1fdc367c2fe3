# The default server, with a profile of the Hub's start page.
resource "pc_hub_server" "lab" {
  user_options = { profile = "large" }
}

# A named server, if the Hub allows them.
resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = "gpu-pytorch" }
  timeouts     = { create = "30m" } # for a new node
}

output "lab" {
  value = pc_hub_server.lab.url
}
