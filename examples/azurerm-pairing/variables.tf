variable "hub_token" {
  description = "Token of the Hub's service terraform, by which this configuration makes clusters: openssl rand -hex 32, as TF_VAR_hub_token. It is in no state and no plan."
  type        = string
  nullable    = false
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.hub_token))
    error_message = "Give 64 hexadecimal digits: openssl rand -hex 32."
  }
}

variable "gateway_token" {
  description = "Token by which the Dask Gateway asks the Hub who somebody is: openssl rand -hex 32, as TF_VAR_gateway_token. It is in no state and no plan."
  type        = string
  nullable    = false
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.gateway_token))
    error_message = "Give 64 hexadecimal digits: openssl rand -hex 32."
  }
}

variable "hub_password" {
  description = "Password with which people log in to the Hub, under any name, until you configure real users: openssl rand -hex 16, as TF_VAR_hub_password. It is in no state and no plan."
  type        = string
  nullable    = false
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(var.hub_password) >= 16
    error_message = "Give at least 16 characters: openssl rand -hex 16."
  }
}

variable "tokens_revision" {
  description = "Raise it by one when hub_token, gateway_token or hub_password changes: Terraform cannot compare what is not in the state."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.tokens_revision == floor(var.tokens_revision) && var.tokens_revision >= 1
    error_message = "Give a whole number from 1 on."
  }
}

variable "contact_email" {
  description = "Address that Let's Encrypt writes to when the Hub's certificate is about to expire."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.contact_email))
    error_message = "Give an e-mail address."
  }
}

variable "subscription_id" {
  description = "Azure subscription that pays. Default: ARM_SUBSCRIPTION_ID of the environment."
  type        = string
  default     = null

  validation {
    condition     = var.subscription_id == null ? true : can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.subscription_id))
    error_message = "Give the subscription's id, which is a UUID: az account show --query id."
  }
}

variable "name" {
  description = "Name of the resource group and of the Hub, and beginning of the storage account's name. It has to be new in the region, because it is in the Hub's address."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,20}$", var.name))
    error_message = "Give 3 to 21 small letters and digits, with a letter first."
  }
}

variable "collection" {
  description = "Id of the STAC collection that is read: everything is made in its region."
  type        = string
  default     = "sentinel-2-l2a"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z._-]+$", var.collection))
    error_message = "Give a collection's id as in the data catalog, for example sentinel-2-l2a."
  }
}

variable "location" {
  description = "Azure region. Default: the one of the collection, which is westeurope where it does not say."
  type        = string
  default     = null

  validation {
    condition     = var.location == null ? true : can(regex("^[a-z][a-z0-9]+$", var.location))
    error_message = "Give the region's short name, in small letters and without spaces, for example westeurope."
  }
}

variable "image" {
  description = "Container image of the notebooks, the schedulers and the workers: one for all, so that their versions of Python and Dask are the same."
  type = object({
    name = string
    tag  = string
  })
  default  = { name = "pangeo/pangeo-notebook", tag = "2026.08.01" }
  nullable = false

  validation {
    condition     = length(var.image.name) > 0 && length(var.image.tag) > 0 && var.image.tag != "latest"
    error_message = "Give a name, and a tag that stays the same: with latest, tomorrow's workers have another Dask than today's notebooks."
  }
}

variable "maximum_workers" {
  description = "The cluster has up to so many workers, and none when nobody computes."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.maximum_workers == floor(var.maximum_workers) && var.maximum_workers >= 1
    error_message = "Give a whole number from 1 on."
  }
}

variable "maximum_nodes" {
  description = "Kubernetes has up to so many nodes for workers. They are added when workers wait for room, and cost while they are there."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.maximum_nodes == floor(var.maximum_nodes) && var.maximum_nodes >= 1 && var.maximum_nodes <= 1000
    error_message = "Give a whole number from 1 to 1000."
  }
}
