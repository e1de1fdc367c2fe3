terraform {
  # 1.11 has write-only arguments, which keep the SAS token out of the state.
  required_version = ">= 1.11"

  required_providers {
    azapi = {
      source = "Azure/azapi"
      # 2.11 has the resource type of GeoCatalogs.
      version = ">= 2.11, < 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.0, < 6.0"
    }
    pc = {
      source = "planetary-computer/pc"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id

  # AzureRM's core does not include GeoCatalogs.
  resource_provider_registrations = "core"
  resource_providers_to_register  = ["Microsoft.Orbital"]

  # The identity that runs Terraform uses a role on the storage, not an account key.
  storage_use_azuread = true

  features {}
}

# The gateway and its token come from PC_ADDRESS and PC_API_TOKEN, the credentials for
# the GeoCatalog from the Azure CLI or from ARM_* variables, as for AzureRM.
provider "pc" {}
