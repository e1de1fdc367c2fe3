resource "azurerm_linux_virtual_machine_scale_set" "workers" {
  name                            = "${var.name}-workers"
  computer_name_prefix            = "${var.name}-worker-"
  resource_group_name             = azurerm_resource_group.this.name
  location                        = azurerm_resource_group.this.location
  sku                             = var.vm_size
  admin_username                  = "dask"
  disable_password_authentication = true
  source_image_id                 = var.source_image_id
  tags                            = local.tags

  # Changed in place. A worker that goes takes its results along, which Dask
  # computes again: to lose none, call client.retire_workers() first.
  instances = var.n_workers

  # A change reimages every worker.
  custom_data = base64encode(module.dask.worker_cloud_init)

  # Surplus machines would join the cluster, take work, and vanish.
  overprovision = false
  # A scale set of more than 100 machines needs several groups.
  single_placement_group = false

  priority        = var.spot == null ? "Regular" : "Spot"
  eviction_policy = var.spot == null ? null : "Delete"
  max_bid_price   = var.spot == null ? null : var.spot.max_bid_price

  admin_ssh_key {
    username   = "dask"
    public_key = local.ssh_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = var.disk_size
  }

  network_interface {
    name                           = "dask"
    primary                        = true
    accelerated_networking_enabled = var.accelerated_networking
    network_security_group_id      = var.subnet == null ? null : azurerm_network_security_group.dask.id

    ip_configuration {
      name      = "dask"
      primary   = true
      subnet_id = local.subnet_id
    }
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

  dynamic "spot_restore" {
    for_each = var.spot[*]
    content {
      enabled = true
      timeout = spot_restore.value.restore_timeout
    }
  }

  scale_in {
    rule = "NewestVM"
  }

  # A worker that is to go is told five minutes before.
  termination_notification {
    enabled = true
    timeout = "PT5M"
  }

  boot_diagnostics {}

  # The first start needs the way out; and a worker that came before the
  # scheduler's interface would be given its address.
  depends_on = [
    azurerm_network_interface.scheduler,
    azurerm_nat_gateway_public_ip_association.dask, azurerm_subnet_nat_gateway_association.dask,
    azurerm_subnet_network_security_group_association.dask, azurerm_marketplace_agreement.image,
  ]
}
