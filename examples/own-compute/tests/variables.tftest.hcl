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

run "private" {
  variables {
    public_ingress = false
    allowed_cidr   = "10.0.0.0/8"
    timeout        = null
  }

  assert {
    condition     = length(azurerm_public_ip.scheduler) == 0 && one(azurerm_network_interface.scheduler.ip_configuration).public_ip_address_id == null
    error_message = "the scheduler has a public address"
  }
  assert {
    condition     = output.scheduler_address == "tls://10.75.0.4:8786" && output.workers == null && length(data.pc_dask_scheduler.this) == 0
    error_message = "clients are sent elsewhere, or somebody waits for what cannot be reached"
  }
}

run "in_a_subnet_of_ones_own" {
  variables {
    subnet = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net/subnets/compute", cidr = "10.9.9.0/24" }
  }

  assert {
    condition     = length(azurerm_virtual_network.dask) + length(azurerm_subnet.dask) + length(azurerm_nat_gateway.dask) + length(azurerm_public_ip.nat) + length(azurerm_subnet_network_security_group_association.dask) == 0
    error_message = "a network is made beside yours, or yours is changed"
  }
  assert {
    condition     = azurerm_network_interface_security_group_association.scheduler[0].network_security_group_id == azurerm_network_security_group.dask.id && azurerm_linux_virtual_machine_scale_set.workers.network_interface[0].network_security_group_id == azurerm_network_security_group.dask.id
    error_message = "the machines are not protected"
  }
  assert {
    condition     = azurerm_network_security_rule.dask["dask"].source_address_prefix == "10.9.9.0/24" && strcontains(module.dask.worker_cloud_init, "\"tls://10.9.9.7:8786\"") && one(azurerm_network_interface.scheduler.ip_configuration).private_ip_address_allocation == "Dynamic"
    error_message = "the workers look for the scheduler elsewhere"
  }
}

run "spot" {
  variables {
    spot = { max_bid_price = 0.05 }
  }

  assert {
    condition     = azurerm_linux_virtual_machine_scale_set.workers.priority == "Spot" && azurerm_linux_virtual_machine_scale_set.workers.eviction_policy == "Delete" && azurerm_linux_virtual_machine_scale_set.workers.max_bid_price == 0.05
    error_message = "the workers are regular machines"
  }
  assert {
    condition     = azurerm_linux_virtual_machine_scale_set.workers.spot_restore[0].enabled && azurerm_linux_virtual_machine_scale_set.workers.spot_restore[0].timeout == "PT1H"
    error_message = "what is taken away does not come back"
  }
}

run "key_vault" {
  variables {
    key_vault_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/example"
  }

  assert {
    condition     = alltrue([for text in [azurerm_linux_virtual_machine.scheduler.custom_data, azurerm_linux_virtual_machine_scale_set.workers.custom_data] : !strcontains(base64decode(text), "PRIVATE KEY")])
    error_message = "the key is in custom_data"
  }
  assert {
    condition     = alltrue([for text in [module.dask.scheduler_cloud_init, module.dask.worker_cloud_init] : strcontains(text, azurerm_key_vault_secret.dask[0].id) && strcontains(text, "11111111-2222-3333-4444-555555555555")])
    error_message = "the machines fetch another secret, or as somebody else"
  }
  assert {
    condition     = azurerm_key_vault_secret.dask[0].value_wo == null && azurerm_key_vault_secret.dask[0].value == null && azurerm_key_vault_secret.dask[0].value_wo_version > 0
    error_message = "the key is in the secret's state"
  }
  assert {
    condition     = azurerm_role_assignment.dask[0].scope == azurerm_key_vault_secret.dask[0].resource_versionless_id && azurerm_role_assignment.dask[0].role_definition_name == "Key Vault Secrets User" && azurerm_role_assignment.dask[0].principal_id == "66666666-7777-8888-9999-000000000000"
    error_message = "the machines may read more, or nothing"
  }
  assert {
    condition     = one(azurerm_linux_virtual_machine.scheduler.identity).identity_ids == toset([azurerm_user_assigned_identity.dask[0].id]) && one(azurerm_linux_virtual_machine_scale_set.workers.identity).type == "UserAssigned"
    error_message = "the machines have another identity"
  }
}

run "what_runs_on_them" {
  variables {
    image             = "example.azurecr.io/dask:1"
    env               = { A = "it's \"x\" $HOME" }
    worker_options    = { nworkers = "auto", memory_limit = "0.9" }
    scheduler_options = { config = { distributed = { scheduler = { work-stealing = false } } } }
    docker_args       = ["--shm-size=1g"]
    extra_bootstrap   = ["echo ready"]
    bootstrap         = false
    gpu               = ["worker"]
    idle_timeout      = "2 hours"
    plan              = { publisher = "microsoft-dsvm", product = "ubuntu-hpc", name = "2204" }
    disk_size         = 200
    vm_size           = "Standard_NC4as_T4_v3"
    ssh_public_key    = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHw1Hq0DCqWSFAyXOZ0wYzvzUcrzbRe8zVPQ5cvQCwsK me"
    identity_ids      = ["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/dask/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"]
    tags              = { cost-centre = "42" }
    name              = "ndvi"
  }

  assert {
    condition     = alltrue([for text in [module.dask.scheduler_cloud_init, module.dask.worker_cloud_init] : strcontains(text, "A=it's \"x\" $HOME\n") && strcontains(text, "\"--shm-size=1g\"") && strcontains(text, "\"example.azurecr.io/dask:1\"") && !strcontains(text, "docker.io") && contains([for command in yamldecode(text).runcmd : join(" ", command)], "command eval echo ready")])
    error_message = "the machines run something else"
  }
  assert {
    condition     = strcontains(module.dask.worker_cloud_init, "\"--gpus=all\"") && !strcontains(module.dask.scheduler_cloud_init, "\"--gpus=all\"")
    error_message = "the GPUs are elsewhere"
  }
  assert {
    condition     = data.pc_dask_scheduler.this[0].minimum_workers == 2 && strcontains(module.dask.worker_cloud_init, "\"--nworkers\" \"auto\" \"--memory-limit\" \"0.9\"") && strcontains(module.dask.scheduler_cloud_init, "WORK_STEALING=False\n") && strcontains(module.dask.scheduler_cloud_init, "\"--idle-timeout\" \"2 hours\"")
    error_message = "the roles' own options are lost"
  }
  assert {
    condition     = one(azurerm_linux_virtual_machine.scheduler.source_image_reference).offer == "ubuntu-hpc" && one(azurerm_linux_virtual_machine.scheduler.plan).name == "2204" && one(azurerm_linux_virtual_machine_scale_set.workers.plan).product == "ubuntu-hpc" && azurerm_marketplace_agreement.image[0].offer == "ubuntu-hpc"
    error_message = "the image is another"
  }
  assert {
    condition     = one(azurerm_linux_virtual_machine.scheduler.os_disk).disk_size_gb == 200 && one(azurerm_linux_virtual_machine_scale_set.workers.os_disk).disk_size_gb == 200 && azurerm_linux_virtual_machine_scale_set.workers.sku == "Standard_NC4as_T4_v3"
    error_message = "the machines are other ones"
  }
  assert {
    condition     = strcontains(one(azurerm_linux_virtual_machine.scheduler.admin_ssh_key).public_key, "PQ5cvQCwsK me") && length(tls_private_key.ssh) == 0 && output.ssh_private_key == null
    error_message = "a key is made that nobody asked for"
  }
  assert {
    condition     = length(one(azurerm_linux_virtual_machine.scheduler.identity).identity_ids) == 1 && azurerm_resource_group.this.name == "ndvi" && azurerm_linux_virtual_machine_scale_set.workers.computer_name_prefix == "ndvi-worker-" && azurerm_resource_group.this.tags["cost-centre"] == "42"
    error_message = "identities, names or tags are others"
  }
}

run "the_image_of_ones_own" {
  variables {
    source_image_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/images/providers/Microsoft.Compute/images/dask"
    bootstrap       = false
  }

  assert {
    condition     = azurerm_linux_virtual_machine.scheduler.source_image_id == var.source_image_id && length(azurerm_linux_virtual_machine.scheduler.source_image_reference) == 0 && length(azurerm_linux_virtual_machine_scale_set.workers.source_image_reference) == 0
    error_message = "the machines have another image"
  }
}

run "the_region_follows_the_data" {
  override_data {
    target = data.pc_collection.data[0]
    values = { region = "northeurope" }
  }

  assert {
    condition     = output.location == "northeurope" && azurerm_linux_virtual_machine_scale_set.workers.location == "northeurope"
    error_message = "the machines stay behind"
  }
}

run "a_collection_that_does_not_say" {
  override_data {
    target = data.pc_collection.data[0]
    values = { region = null }
  }

  assert {
    condition     = output.location == "westeurope"
    error_message = "the Planetary Computer is in West Europe"
  }
}

run "elsewhere" {
  command = plan

  variables {
    location = "eastus"
  }

  expect_failures = [check.compute_is_next_to_the_data]
}

run "as_many_workers_as_there_are_addresses" {
  command = plan

  variables {
    address_space = "10.75.0.0/22"
    n_workers     = 58
  }

  assert {
    condition     = azurerm_linux_virtual_machine_scale_set.workers.instances == 58
    error_message = "the subnet has 64 addresses, of which Azure keeps five and the scheduler has one"
  }
}

run "terms_that_are_accepted_elsewhere" {
  variables {
    plan = { publisher = "microsoft-dsvm", product = "ubuntu-hpc", name = "2204", accept_terms = false }
  }

  assert {
    condition     = length(azurerm_marketplace_agreement.image) == 0 && one(azurerm_linux_virtual_machine.scheduler.plan).name == "2204"
    error_message = "what is accepted already cannot be accepted again"
  }
}

run "several_workers_a_machine" {
  variables {
    worker_options = { nworkers = 4 }
  }

  assert {
    condition     = data.pc_dask_scheduler.this[0].minimum_workers == 8
    error_message = "the apply ends when a part of the machines have joined"
  }
}

run "a_size_without_accelerated_networking" {
  variables {
    vm_size                = "Standard_DS1_v2"
    accelerated_networking = false
  }

  assert {
    condition     = !azurerm_network_interface.scheduler.accelerated_networking_enabled && !azurerm_linux_virtual_machine_scale_set.workers.network_interface[0].accelerated_networking_enabled
    error_message = "Azure refuses the machines"
  }
}
