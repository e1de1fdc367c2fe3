# The user's own server, with the profile that the Hub's start page calls so.
resource "pc_hub_server" "lab" {
  user_options = { profile = "large" }
}

# One more beside it, where the Hub allows named servers.
resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = "gpu-pytorch" }
  timeouts     = { create = "30m" } # a node has to be made first
}

output "lab" {
  value = pc_hub_server.lab.url
}
