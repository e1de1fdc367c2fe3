variable "scheduler_private_address" {
  description = "Address of the scheduler's machine for the workers, without a port."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([0-9A-Za-z_][0-9A-Za-z._-]*|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$", var.scheduler_private_address))
    error_message = "Give an IP address or a host name without a scheme and a port, for example 10.0.0.4."
  }
}

variable "scheduler_client_address" {
  description = "Address of the scheduler's machine for clients, without a port. Default: scheduler_private_address."
  type        = string
  default     = null

  validation {
    condition     = var.scheduler_client_address == null ? true : can(regex("^([0-9A-Za-z_][0-9A-Za-z._-]*|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$", var.scheduler_client_address))
    error_message = "Give an IP address or a host name without a scheme and a port, for example 20.0.0.4."
  }
}

variable "image" {
  description = "Container image of the scheduler and the workers. Clients need the same versions of Python and Dask."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s:@]+(:[0-9]+/[^\\s:@]+)?(:[^\\s:/@]+(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Name the image with a tag that stays the same, for example pangeo/pangeo-notebook:2026.08.01: with latest, a worker that starts tomorrow has another Dask than the scheduler."
  }
}

variable "port" {
  description = "Port of the scheduler."
  type        = number
  default     = 8786
  nullable    = false

  validation {
    condition     = var.port == floor(var.port) && var.port >= 1024 && var.port <= 65535
    error_message = "Give a whole number from 1024 to 65535."
  }
}

variable "dashboard_port" {
  description = "Port of the scheduler's dashboard, which is served by HTTPS."
  type        = number
  default     = 8787
  nullable    = false

  validation {
    condition     = var.dashboard_port == floor(var.dashboard_port) && var.dashboard_port >= 1024 && var.dashboard_port <= 65535 && var.dashboard_port != var.port
    error_message = "Give a whole number from 1024 to 65535 that is not the scheduler's port."
  }
}

variable "scheduler_options" {
  description = "More options of dask_cloud_init for the scheduler, for example { idle_timeout = \"2 hours\" }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.scheduler_options), ["image", "tls", "port", "dashboard_port", "dashboard_tls"])) == 0
    error_message = "image, tls, port, dashboard_port and dashboard_tls are set by the module."
  }
}

variable "worker_options" {
  description = "More options of dask_cloud_init for the workers, for example { nworkers = \"auto\" }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.worker_options), ["image", "tls", "scheduler_address"])) == 0
    error_message = "image, tls and scheduler_address are set by the module."
  }
}

variable "private_key_secret" {
  description = "Id of a Key Vault secret that holds the output private_key, read by the machines' identity. Default: the key is in custom_data."
  type = object({
    id                 = string
    identity_client_id = optional(string)
  })
  default = null

  validation {
    condition     = var.private_key_secret == null ? true : startswith(var.private_key_secret.id, "https://")
    error_message = "Give the secret's id, which begins with https://, not the vault's."
  }
}

variable "certificate_validity_hours" {
  description = "How long the certificates are valid, in hours. Nothing renews them by itself: new ones replace the scheduler and reimage the workers."
  type        = number
  default     = 8760
  nullable    = false

  validation {
    condition     = var.certificate_validity_hours == floor(var.certificate_validity_hours) && var.certificate_validity_hours >= 1
    error_message = "Give a whole number of hours, at least 1."
  }
}
