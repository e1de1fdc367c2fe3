provider "pc" {}

# Your own servers.
list "pc_hub_server" "mine" {
  provider = pc
}

# The servers of all users, for administrators.
list "pc_hub_server" "all" {
  provider = pc
  limit    = 1000

  config {
    all_users = true
  }
}
