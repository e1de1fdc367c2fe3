# Replaces token.tf in terraform test, which has no mocks of ephemeral resources.
locals {
  sas_token = "sp=rl&sig=test"
}
