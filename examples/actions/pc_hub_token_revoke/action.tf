# terraform apply -invoke=action.pc_hub_token_revoke.old
action "pc_hub_token_revoke" "old" {
  config {
    id   = "a12"
    note = "nightly pipeline"
  }
}
