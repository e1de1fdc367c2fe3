data "pc_hub_user" "me" {}

output "user" {
  value = data.pc_hub_user.me.name
}

# Null if the token may not list the servers.
output "servers" {
  value = try({ for name, server in data.pc_hub_user.me.servers : name => server.url if server.ready }, null)
}

# Warns before an apply.
check "scopes" {
  assert {
    condition     = try(anytrue([for scope in data.pc_hub_user.me.scopes : startswith(scope, "tokens")]), false)
    error_message = "The token of ${data.pc_hub_user.me.name} lacks the scope tokens: pc_hub_token needs it."
  }
}
