# Makes nothing in Azure: AzureRM's resources are mocks that check their
# arguments. The certificates are real, and so is what the machines are told.

mock_provider "azurerm" {
  source = "./tests/azurerm"
}

mock_provider "pc" {
  mock_data "pc_collection" {
    defaults = { region = "westeurope" }
  }

  mock_data "pc_dask_scheduler" {
    defaults = { ready = true, workers = 2, last_error = null }
  }
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  allowed_cidr    = "203.0.113.7/32"
}

run "with_the_defaults" {
  assert {
    condition     = azurerm_resource_group.this.location == "westeurope" && azurerm_linux_virtual_machine.scheduler.location == "westeurope" && azurerm_linux_virtual_machine_scale_set.workers.location == "westeurope" && output.location == "westeurope"
    error_message = "the machines are not where the data is"
  }
  assert {
    condition     = alltrue([for rule in azurerm_network_security_rule.dask : rule.access == "Deny" || !contains(["*", "0.0.0.0/0", "Internet", "::/0"], rule.source_address_prefix)]) && length(azurerm_network_security_rule.dask) == 3
    error_message = "something is open to the world"
  }
  assert {
    condition     = azurerm_network_security_rule.dask["clients"].source_address_prefix == "203.0.113.7/32" && azurerm_network_security_rule.dask["clients"].destination_port_ranges == toset(["8786", "8787"]) && azurerm_network_security_rule.dask["clients"].protocol == "Tcp"
    error_message = "clients come in by other ports or from elsewhere"
  }
  assert {
    condition     = azurerm_network_security_rule.dask["dask"].source_address_prefix == "10.75.0.0/20" && azurerm_subnet.dask[0].address_prefixes == tolist(["10.75.0.0/20"])
    error_message = "the machines do not reach each other, or others do"
  }
  assert {
    condition     = azurerm_network_security_rule.dask["others"].priority == 4096 && azurerm_network_security_rule.dask["others"].access == "Deny" && alltrue([for rule in azurerm_network_security_rule.dask : rule.direction == "Inbound" && rule.priority <= 4096])
    error_message = "peered networks come in by Azure's own rule"
  }
  assert {
    condition     = azurerm_subnet_network_security_group_association.dask[0].network_security_group_id == azurerm_network_security_group.dask.id && length(azurerm_network_interface_security_group_association.scheduler) == 0
    error_message = "the rules protect nothing"
  }
  assert {
    condition     = azurerm_subnet.dask[0].default_outbound_access_enabled == false && azurerm_nat_gateway_public_ip_association.dask[0].public_ip_address_id == azurerm_public_ip.nat[0].id && azurerm_subnet_nat_gateway_association.dask[0].nat_gateway_id == azurerm_nat_gateway.dask[0].id
    error_message = "the machines have no way out, or one that Azure takes away"
  }
  assert {
    condition     = [for endpoint in azurerm_subnet.dask[0].service_endpoint : endpoint.service] == ["Microsoft.Storage"]
    error_message = "the data comes through the NAT gateway, by the gigabyte"
  }
  assert {
    condition     = azurerm_linux_virtual_machine.scheduler.size == "Standard_D2s_v5" && azurerm_linux_virtual_machine_scale_set.workers.sku == "Standard_D4s_v5" && azurerm_linux_virtual_machine_scale_set.workers.instances == 2
    error_message = "the machines have other sizes or another number"
  }
  assert {
    condition     = azurerm_linux_virtual_machine.scheduler.disable_password_authentication && azurerm_linux_virtual_machine.scheduler.admin_password == null && azurerm_linux_virtual_machine_scale_set.workers.disable_password_authentication && azurerm_linux_virtual_machine_scale_set.workers.admin_password == null
    error_message = "the machine accepts passwords"
  }
  assert {
    condition     = one(azurerm_linux_virtual_machine.scheduler.admin_ssh_key).public_key == tls_private_key.ssh[0].public_key_openssh && startswith(tls_private_key.ssh[0].public_key_openssh, "ssh-ed25519 ")
    error_message = "the key is another, or one that Azure does not take"
  }
  assert {
    condition     = base64decode(azurerm_linux_virtual_machine.scheduler.custom_data) == module.dask.scheduler_cloud_init && base64decode(azurerm_linux_virtual_machine_scale_set.workers.custom_data) == module.dask.worker_cloud_init && azurerm_linux_virtual_machine.scheduler.user_data == null
    error_message = "custom_data is not what dask_cloud_init says"
  }
  assert {
    condition     = { for file in yamldecode(base64decode(azurerm_linux_virtual_machine.scheduler.custom_data)).write_files : file.path => file.content }["/etc/dask/tls/ca.pem"] == output.ca_certificate
    error_message = "the scheduler has another authority than the clients"
  }
  assert {
    condition     = strcontains(base64decode(azurerm_linux_virtual_machine_scale_set.workers.custom_data), "\"tls://10.75.0.4:8786\"") && azurerm_network_interface.scheduler.ip_configuration[0].private_ip_address == "10.75.0.4" && azurerm_network_interface.scheduler.ip_configuration[0].private_ip_address_allocation == "Static"
    error_message = "the workers look for the scheduler elsewhere"
  }
  assert {
    condition     = output.scheduler_address == "tls://20.0.0.4:8786" && output.dashboard_link == "https://20.0.0.4:8787" && strcontains(output.python, "tls://20.0.0.4:8786")
    error_message = "clients are sent elsewhere"
  }
  assert {
    condition     = azurerm_network_interface.scheduler.accelerated_networking_enabled && azurerm_linux_virtual_machine_scale_set.workers.network_interface[0].accelerated_networking_enabled
    error_message = "the data goes through the hosts' processors"
  }
  assert {
    condition     = azurerm_public_ip.scheduler[0].allocation_method == "Static" && azurerm_public_ip.scheduler[0].sku == "Standard"
    error_message = "the scheduler's address changes"
  }
  assert {
    condition     = azurerm_linux_virtual_machine_scale_set.workers.overprovision == false && azurerm_linux_virtual_machine_scale_set.workers.single_placement_group == false && azurerm_linux_virtual_machine_scale_set.workers.priority == "Regular" && length(azurerm_linux_virtual_machine_scale_set.workers.spot_restore) == 0
    error_message = "the scale set makes workers that vanish"
  }
  assert {
    condition     = alltrue([for configuration in azurerm_linux_virtual_machine_scale_set.workers.network_interface[0].ip_configuration : length(configuration.public_ip_address) == 0])
    error_message = "workers have public addresses"
  }
  assert {
    condition     = one(azurerm_linux_virtual_machine.scheduler.source_image_reference).offer == "ubuntu-24_04-lts" && length(azurerm_linux_virtual_machine.scheduler.identity) == 0 && length(azurerm_key_vault_secret.dask) == 0 && length(azurerm_marketplace_agreement.image) == 0
    error_message = "something is made that nobody asked for"
  }
  assert {
    condition     = azurerm_linux_virtual_machine.scheduler.tags == tomap({ creator = "terraform", dask-cluster = "dask" })
    error_message = "the machines cannot be told from others"
  }
  assert {
    condition     = data.pc_dask_scheduler.this[0].dashboard_url == "https://20.0.0.4:8787" && data.pc_dask_scheduler.this[0].minimum_workers == 2 && data.pc_dask_scheduler.this[0].ca_certificate == output.ca_certificate && output.workers == 2
    error_message = "nobody waits for the workers"
  }
}

run "says_the_same_twice" {
  command = plan

  assert {
    condition     = output.cloud_init_sha256 == run.with_the_defaults.cloud_init_sha256
    error_message = "a plan with nothing changed would replace the machines"
  }
}

run "more_workers_change_nothing_else" {
  variables {
    n_workers = 7
  }

  override_data {
    target = data.pc_dask_scheduler.this[0]
    values = { ready = true, workers = 7, last_error = null }
  }

  assert {
    condition     = azurerm_linux_virtual_machine_scale_set.workers.instances == 7 && output.scale_set == run.with_the_defaults.scale_set
    error_message = "the scale set is another one"
  }
  assert {
    condition     = output.cloud_init_sha256 == run.with_the_defaults.cloud_init_sha256
    error_message = "the machines that are there would be made anew"
  }
}

run "fails_in_words_when_workers_are_missing" {
  command = plan

  variables {
    n_workers = 7
  }

  override_data {
    target = data.pc_dask_scheduler.this[0]
    values = { ready = false, workers = 1, last_error = "1 of 7 workers have joined" }
  }

  expect_failures = [output.workers]
}
