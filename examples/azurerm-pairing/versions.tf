terraform {
  # 1.11 has write-only arguments, which keep the tokens out of the state.
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.0, < 6.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.0, < 4.0"
    }
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id

  # AzureRM 5 registers nothing by itself, and its core has no Kubernetes.
  resource_provider_registrations = "core"
  resource_providers_to_register  = ["Microsoft.ContainerService"]

  # Whoever applies this acts on the storage by a role, not by an account key.
  storage_use_azuread = true

  features {}
}

# Reads where the data is, for which it needs no Hub.
provider "pc" {}

# In the first plan the address is not known: the Hub is made by the same apply.
# The plan says "known after apply", and nothing is asked before there is a Hub.
# It is a provider of its own because the Hub's address depends on the region.
provider "pc" {
  alias     = "hub"
  address   = local.hub_address
  api_token = var.hub_token
}
