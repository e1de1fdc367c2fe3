locals {
  vm_image = var.source_image_id != null ? [] : [coalesce(
    var.vm_image,
    var.plan == null ? null : { publisher = var.plan.publisher, offer = var.plan.product, sku = var.plan.name, version = "latest" },
    { publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", version = "latest" },
  )]

  identity_ids = concat(var.identity_ids, azurerm_user_assigned_identity.dask[*].id)
  ssh_key      = coalesce(var.ssh_public_key, one(tls_private_key.ssh[*].public_key_openssh))
}

# Azure wants a key or a password, and a password is never set.
resource "tls_private_key" "ssh" {
  count     = var.ssh_public_key == null ? 1 : 0
  algorithm = "ED25519"
}

resource "azurerm_marketplace_agreement" "image" {
  count = try(var.plan.accept_terms, false) ? 1 : 0

  publisher = var.plan.publisher
  offer     = var.plan.product
  plan      = var.plan.name
}

resource "azurerm_public_ip" "scheduler" {
  count = var.public_ingress ? 1 : 0

  name                = "${var.name}-scheduler"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_network_interface" "scheduler" {
  name                = "${var.name}-scheduler"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  accelerated_networking_enabled = var.accelerated_networking

  ip_configuration {
    name                          = "dask"
    subnet_id                     = local.subnet_id
    private_ip_address_allocation = var.subnet == null ? "Static" : "Dynamic"
    # Azure keeps the first four addresses of a subnet to itself.
    private_ip_address   = var.subnet == null ? cidrhost(local.subnet_cidr, 4) : null
    public_ip_address_id = one(azurerm_public_ip.scheduler[*].id)
  }
}

resource "azurerm_linux_virtual_machine" "scheduler" {
  name                            = "${var.name}-scheduler"
  resource_group_name             = azurerm_resource_group.this.name
  location                        = azurerm_resource_group.this.location
  size                            = var.scheduler_vm_size
  network_interface_ids           = [azurerm_network_interface.scheduler.id]
  admin_username                  = "dask"
  disable_password_authentication = true
  source_image_id                 = var.source_image_id
  tags                            = local.tags

  # A change makes another machine. custom_data and not user_data, which every
  # process of the machine may read, so every task of Dask.
  custom_data = base64encode(module.dask.scheduler_cloud_init)

  admin_ssh_key {
    username   = "dask"
    public_key = local.ssh_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = var.disk_size
  }

  dynamic "source_image_reference" {
    for_each = local.vm_image
    content {
      publisher = source_image_reference.value.publisher
      offer     = source_image_reference.value.offer
      sku       = source_image_reference.value.sku
      version   = source_image_reference.value.version
    }
  }

  dynamic "plan" {
    for_each = var.plan[*]
    content {
      publisher = plan.value.publisher
      product   = plan.value.product
      name      = plan.value.name
    }
  }

  dynamic "identity" {
    for_each = length(local.identity_ids) > 0 ? [local.identity_ids] : []
    content {
      type         = "UserAssigned"
      identity_ids = identity.value
    }
  }

  # The serial log shows why a machine never became a scheduler:
  # az vm boot-diagnostics get-boot-log --resource-group NAME --name NAME-scheduler
  boot_diagnostics {}

  # The first start needs the way out.
  depends_on = [
    azurerm_nat_gateway_public_ip_association.dask, azurerm_subnet_nat_gateway_association.dask,
    azurerm_subnet_network_security_group_association.dask, azurerm_network_interface_security_group_association.scheduler,
    azurerm_marketplace_agreement.image,
  ]
}
