data "pc_hub_user" "me" {}

# Null if the token may not list the servers.
output "servers" {
  value = try({ for name, server in data.pc_hub_user.me.servers : name => server.url if server.ready }, null)
}

check "scopes" {
  assert {
    condition     = try(anytrue([for scope in data.pc_hub_user.me.scopes : startswith(scope, "tokens")]), false)
    error_message = "pc_hub_token needs a token with the scope tokens."
  }
}
