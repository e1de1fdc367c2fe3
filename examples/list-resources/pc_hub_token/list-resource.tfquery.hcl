provider "pc" {}

# Notes and times of last use show which tokens are left over.
list "pc_hub_token" "mine" {
  provider = pc
  limit    = 1000
}
