# Who the provider's token belongs to.
data "pc_hub_user" "me" {}

output "user" {
  value = data.pc_hub_user.me.name
}

# Null where the token may not see the servers.
output "servers" {
  value = try({ for name, server in data.pc_hub_user.me.servers : name => server.url if server.ready }, null)
}

# Says at once, and not in the midst of an apply, that the token cannot make others.
check "scopes" {
  assert {
    condition     = try(anytrue([for scope in data.pc_hub_user.me.scopes : startswith(scope, "tokens")]), false)
    error_message = "The token of ${data.pc_hub_user.me.name} lacks the scope tokens: pc_hub_token needs it."
  }
}
