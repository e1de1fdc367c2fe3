# What has no default.

variable "allowed_cidr" {
  description = "Addresses that may reach the scheduler and its dashboard, in CIDR notation of IPv4, which the network has alone: yours, for example 203.0.113.7/32."
  type        = string
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.allowed_cidr)) && try(tonumber(split("/", var.allowed_cidr)[1]) >= 8, false)
    error_message = "Give IPv4 addresses in CIDR notation with a prefix of 8 or more, for example 203.0.113.7/32: curl https://api.ipify.org prints yours. The dashboard has no password: it is not for the whole Internet."
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

# Where it is, and what it is called.

variable "name" {
  description = "Name of the resource group, and beginning of all other names."
  type        = string
  default     = "dask"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "Give 2 to 32 small letters, digits and hyphens, with a letter first and no hyphen last."
  }
}

variable "collection" {
  description = "Id of the STAC collection that is read: the machines are in its region. Null asks nobody, and takes location."
  type        = string
  default     = "sentinel-2-l2a"

  validation {
    condition     = var.collection == null ? true : can(regex("^[0-9A-Za-z._-]+$", var.collection))
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

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 48 && alltrue([for name, value in var.tags : length(name) <= 512 && length(value) <= 256])
    error_message = "Azure takes 50 tags, two of which are set here, with names of up to 512 and values of up to 256 characters."
  }
}

# The machines.

variable "n_workers" {
  description = "Number of workers' machines. A change is made in place, and touches no other machine."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.n_workers == floor(var.n_workers) && var.n_workers >= 0 && var.n_workers <= 1000
    error_message = "Give a whole number from 0 to 1000, which is what a scale set takes."
  }

  # Azure keeps five of the subnet's addresses, and the scheduler has one.
  validation {
    condition     = var.subnet != null || try(var.n_workers <= pow(2, 28 - tonumber(split("/", var.address_space)[1])) - 6, true)
    error_message = "The subnet, a sixteenth of address_space, has not enough addresses for so many. Give address_space a shorter prefix."
  }
}

variable "vm_size" {
  description = "Size of the workers' machines."
  type        = string
  default     = "Standard_D4s_v5"
  nullable    = false

  validation {
    condition     = can(regex("^(Standard|Basic)_[0-9A-Za-z_-]+$", var.vm_size))
    error_message = "Give a size as Azure names it, for example Standard_D4s_v5: az vm list-sizes --location westeurope."
  }
}

variable "scheduler_vm_size" {
  description = "Size of the scheduler's machine."
  type        = string
  default     = "Standard_D2s_v5"
  nullable    = false

  validation {
    condition     = can(regex("^(Standard|Basic)_[0-9A-Za-z_-]+$", var.scheduler_vm_size))
    error_message = "Give a size as Azure names it, for example Standard_D2s_v5: az vm list-sizes --location westeurope."
  }
}

variable "spot" {
  description = "Makes the workers spot machines, which cost less and can be taken away: max_bid_price in US dollars an hour (-1: as much as a regular one), and for how long Azure tries to bring them back."
  type = object({
    max_bid_price   = optional(number, -1)
    restore_timeout = optional(string, "PT1H")
  })
  default = null

  validation {
    condition     = var.spot == null ? true : (var.spot.max_bid_price == -1 || var.spot.max_bid_price >= 0.00001) && can(regex("^PT(1[5-9]M|[2-9][0-9]M|1[01][0-9]M|120M|1H([1-5]?[0-9]M)?|2H)$", var.spot.restore_timeout))
    error_message = "max_bid_price must be -1 or at least 0.00001, and restore_timeout a duration in ISO 8601 from PT15M to PT2H, which is what Azure takes."
  }
}

variable "accelerated_networking" {
  description = "Whether the machines' network bypasses the host, which reads data faster. False for a size that has no such network, mostly one of a single processor."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = !var.accelerated_networking || alltrue([for size in [var.vm_size, var.scheduler_vm_size] : !can(regex("^(Basic_.*|Standard_(A[0-9]+m?(_v2)?|B[1248][a-z]*|DS?1(_v2)?|F1s?))$", size))])
    error_message = "vm_size or scheduler_vm_size has no accelerated networking: take a newer or a larger size, or set accelerated_networking to false."
  }
}

variable "disk_size" {
  description = "Size of each machine's disk in GB."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.disk_size == floor(var.disk_size) && var.disk_size >= 30 && var.disk_size <= 4095
    error_message = "Give a whole number from 30, the size of Ubuntu's image, to 4095."
  }
}

variable "vm_image" {
  description = "Image of the machines. Default: that of plan, else Ubuntu 24.04."
  type = object({
    publisher = string
    offer     = string
    sku       = string
    version   = optional(string, "latest")
  })
  default = null

  validation {
    condition     = var.vm_image == null ? true : alltrue([for part in values(var.vm_image) : length(part) > 0])
    error_message = "Give publisher, offer and sku, for example { publisher = \"Canonical\", offer = \"ubuntu-24_04-lts\", sku = \"server\" }."
  }
}

variable "source_image_id" {
  description = "Id of an image of your own, for example one that Packer has made, in place of vm_image."
  type        = string
  default     = null

  validation {
    condition     = var.source_image_id == null ? true : var.vm_image == null && can(regex("(?i)^/(subscriptions|communityGalleries|sharedGalleries)/.+/images/", var.source_image_id))
    error_message = "Give the id of an image, which has /images/ in it, and leave vm_image out."
  }
}

variable "plan" {
  description = "Plan of an image of the Azure Marketplace. Its terms are accepted in your name, and terraform destroy takes that back: set accept_terms to false where the subscription has accepted them by other means."
  type = object({
    publisher    = string
    product      = string
    name         = string
    accept_terms = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.plan == null ? true : alltrue([for part in [var.plan.publisher, var.plan.product, var.plan.name] : length(part) > 0])
    error_message = "Give publisher, product and name, which az vm image list --all shows."
  }
}

variable "ssh_public_key" {
  description = "Public SSH key of the user dask, in the form of ~/.ssh/id_ed25519.pub. No password is ever set, and port 22 is closed. Default: a key that is made for this cluster."
  type        = string
  default     = null

  validation {
    condition     = var.ssh_public_key == null ? true : can(regex("^(ssh-ed25519 AAAAC3NzaC1lZDI1NTE5|ssh-rsa AAAAB3NzaC1yc2E)[0-9A-Za-z+/=]+( .*)?\\s*$", var.ssh_public_key))
    error_message = "Give a public key that begins with ssh-ed25519 or ssh-rsa, which are those that Azure takes: the content of ~/.ssh/id_ed25519.pub."
  }
}

variable "identity_ids" {
  description = "Ids of managed identities of the machines, for example one that may read a storage account."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.identity_ids : can(regex("(?i)/providers/Microsoft\\.ManagedIdentity/userAssignedIdentities/[^/]+$", id))])
    error_message = "Give ids of user-assigned managed identities: az identity list --query \"[].id\"."
  }
}

# What runs on them.

variable "image" {
  description = "Container image of the scheduler and the workers. Clients need the same versions of Python and Dask."
  type        = string
  default     = "pangeo/pangeo-notebook:2026.08.01"
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s:@]+(:[0-9]+/[^\\s:@]+)?(:[^\\s:/@]+(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Name the image with a tag that stays the same, for example pangeo/pangeo-notebook:2026.08.01: with latest, a worker that starts tomorrow has another Dask than the scheduler."
  }
}

variable "env" {
  description = "Environment of the scheduler and the workers. It is in custom_data: no place for secrets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.env : can(regex("^[A-Za-z_][A-Za-z0-9_.-]*$", name)) && !strcontains(value, "\n")])
    error_message = "Names have letters, digits and _ . -, with a letter or _ first, and values have one line."
  }
}

variable "scheduler_options" {
  description = "More options of provider::pc::dask_cloud_init for the scheduler, for example { config = { distributed = { scheduler = { work-stealing = false } } } }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.scheduler_options), ["image", "tls", "port", "dashboard_port", "dashboard_tls", "env", "docker_args", "extra_bootstrap", "bootstrap", "idle_timeout", "gpu"])) == 0
    error_message = "image, env, docker_args, extra_bootstrap, bootstrap, idle_timeout and gpu are variables of their own, and the ports and TLS are set here."
  }
}

variable "worker_options" {
  description = "More options of provider::pc::dask_cloud_init for the workers, for example { nworkers = \"auto\", memory_limit = \"0.9\" }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.worker_options), ["image", "tls", "scheduler_address", "env", "docker_args", "extra_bootstrap", "bootstrap", "gpu"])) == 0
    error_message = "image, env, docker_args, extra_bootstrap, bootstrap and gpu are variables of their own, and scheduler_address and tls are set here."
  }
}

variable "docker_args" {
  description = "More arguments of docker run, for example [\"--shm-size=1g\"]."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for argument in var.docker_args : length(argument) > 0 && !strcontains(argument, "\n")])
    error_message = "Give one argument an element, without line ends."
  }
}

variable "extra_bootstrap" {
  description = "Commands of the shell that each machine runs once, at its first start, before Dask."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for command in var.extra_bootstrap : length(trimspace(command)) > 0])
    error_message = "A command must not be empty."
  }
}

variable "bootstrap" {
  description = "Whether Docker is installed at the first start. False for an image that has it, which saves minutes."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.bootstrap || var.vm_image != null || var.source_image_id != null || var.plan != null
    error_message = "Ubuntu's own image has no Docker: give vm_image, source_image_id or plan, or leave bootstrap true."
  }
}

variable "gpu" {
  description = "Roles whose machines have GPUs: [\"worker\"], or both. Driver and NVIDIA's container toolkit must be in the image or be installed by extra_bootstrap."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.gpu, ["scheduler", "worker"])) == 0 && (length(var.gpu) == 0 || var.vm_image != null || var.source_image_id != null || var.plan != null || length(var.extra_bootstrap) > 0)
    error_message = "Name scheduler or worker, and give an image with the driver (vm_image, source_image_id, plan), or extra_bootstrap to install it."
  }
}

variable "idle_timeout" {
  description = "After so long without work the scheduler ends, as Dask writes it, for example \"2 hours\". Its machines go on, and cost: terraform destroy ends them."
  type        = string
  default     = null

  validation {
    condition     = var.idle_timeout == null ? true : can(regex("^[0-9]+(\\.[0-9]+)? ?(s|seconds?|m|minutes?|h|hours?|d|days?|w|weeks?)$", var.idle_timeout))
    error_message = "Give a number with a unit, for example \"30 minutes\" or \"2h\"."
  }
}

# The network.

variable "public_ingress" {
  description = "Whether the scheduler has a public IP address. Without one it is reached from its network alone."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = !var.public_ingress || !can(regex("^(10\\.|127\\.|169\\.254\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.)", var.allowed_cidr))
    error_message = "allowed_cidr has private addresses, which never come in through a public one: give the public address, or set public_ingress to false."
  }
}

variable "address_space" {
  description = "Addresses of the network that is made, in CIDR notation."
  type        = string
  default     = "10.75.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.address_space)) && try(cidrhost(var.address_space, 0) == split("/", var.address_space)[0] && tonumber(split("/", var.address_space)[1]) >= 8 && tonumber(split("/", var.address_space)[1]) <= 24, false)
    error_message = "Give IPv4 addresses in CIDR notation with a prefix from 8 to 24, and the first of them before it, for example 10.75.0.0/16. The machines let in all that comes from there."
  }
}

variable "subnet" {
  description = "A subnet of yours, and its addresses, in place of a network that is made. It must let the machines out to the Internet, or to a mirror of what they install."
  type = object({
    id   = string
    cidr = string
  })
  default = null

  validation {
    condition     = var.subnet == null ? true : can(regex("(?i)/providers/Microsoft\\.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet.id)) && can(cidrnetmask(var.subnet.cidr)) && try(tonumber(split("/", var.subnet.cidr)[1]) >= 8, false)
    error_message = "Give the subnet's id, which ends in /virtualNetworks/NAME/subnets/NAME, and its IPv4 addresses in CIDR notation with a prefix of 8 or more. The machines let in all that comes from there: it is not the whole Internet."
  }
}

# Secrets and time.

variable "key_vault_id" {
  description = "A Key Vault of yours, with RBAC, that keeps the certificate's key: the machines fetch it by an identity of their own. Default: the key is in custom_data."
  type        = string
  default     = null

  validation {
    condition     = var.key_vault_id == null ? true : can(regex("(?i)/providers/Microsoft\\.KeyVault/vaults/[^/]+$", var.key_vault_id))
    error_message = "Give the id of a Key Vault: az keyvault list --query \"[].id\"."
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

variable "timeout" {
  description = "How long an apply waits for the scheduler and its workers. Null waits for neither, for who cannot reach the scheduler."
  type        = string
  default     = "20m"

  validation {
    condition     = var.timeout == null ? true : can(regex("^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", var.timeout)) && var.timeout != ""
    error_message = "Give a duration such as 20m or 1h30m."
  }
}
