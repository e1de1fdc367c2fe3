terraform {
  # 1.11 has write-only arguments, which keep the key out of the state of the Key Vault's secret.
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
      # 5.0 renamed arguments that are used here.
      version = ">= 5.0, < 6.0"
    }
    pc = {
      source = "planetary-computer/pc"
    }
    tls = {
      source  = "hashicorp/tls"
      version = ">= 4.0, < 5.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id

  # AzureRM 5 registers nothing by itself, and a new subscription has nothing registered.
  resource_provider_registrations = "core"

  features {}
}

# Neither the gateway nor the Hub is needed, so there is nothing to set.
provider "pc" {}
