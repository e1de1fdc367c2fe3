variable "subscription_id" {
  description = "Azure subscription to bill. Default: ARM_SUBSCRIPTION_ID of the environment."
  type        = string
  default     = null

  validation {
    condition     = var.subscription_id == null ? true : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.subscription_id))
    error_message = "Give the id of the subscription, which is a UUID: az account show --query id."
  }
}

variable "name" {
  description = "Name of the resource group and of the GeoCatalog, and first part of the storage account's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,20}$", var.name))
    error_message = "Give 3 to 21 lower-case letters and digits. The first one must be a letter."
  }
}

variable "location" {
  description = "Azure region of the GeoCatalog and of the results. Microsoft lists the regions that have GeoCatalogs in learn.microsoft.com/azure/planetary-computer/deploy-geocatalog-resource."
  type        = string
  default     = "westeurope"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]+$", var.location))
    error_message = "Give the short name of the region, in lower-case letters and without spaces, for example westeurope."
  }
}

variable "kubernetes_cluster" {
  description = "The AKS cluster on which the Dask Gateway runs. Its nodes' identity reads the GeoCatalog."
  type = object({
    name           = string
    resource_group = string
  })
  nullable = false
}

variable "collection" {
  description = "Id of the collection in the GeoCatalog that the cluster reads. Leave it out until the collection has data: the cluster is created with it."
  type        = string
  default     = null

  validation {
    condition     = var.collection == null ? true : can(regex("^[0-9A-Za-z_-]{3,32}$", var.collection))
    error_message = "Give 3 to 32 letters, digits, hyphens and underscores."
  }
}

variable "token_revision" {
  description = "Raise it by one for a new SAS token. The cluster is replaced."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.token_revision == floor(var.token_revision) && var.token_revision >= 1
    error_message = "Give a whole number, at least 1."
  }
}

variable "workers" {
  description = "Number of workers of the cluster."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.workers == floor(var.workers) && var.workers >= 1
    error_message = "Give a whole number, at least 1."
  }
}
