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

run "open_to_the_world" {
  command = plan

  variables {
    allowed_cidr = "0.0.0.0/0"
  }

  expect_failures = [var.allowed_cidr]
}

run "open_to_the_world_as_a_subnet" {
  command = plan

  variables {
    subnet = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net/subnets/compute", cidr = "0.0.0.0/0" }
  }

  expect_failures = [var.subnet]
}

run "open_to_the_world_as_a_network" {
  command = plan

  variables {
    address_space = "0.0.0.0/1"
  }

  expect_failures = [var.address_space]
}

run "addresses_of_another_kind" {
  command = plan

  variables {
    allowed_cidr  = "2001:db8::7/128"
    address_space = "fd00::/16"
    subnet        = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net/subnets/compute", cidr = "fd00::/64" }
  }

  expect_failures = [var.allowed_cidr, var.address_space, var.subnet]
}

run "a_network_that_begins_in_its_middle" {
  command = plan

  variables {
    address_space = "10.75.3.0/16"
  }

  expect_failures = [var.address_space]
}

run "more_workers_than_addresses" {
  command = plan

  variables {
    address_space = "10.75.0.0/22"
    n_workers     = 59
  }

  expect_failures = [var.n_workers]
}

run "a_provider_s_own_addresses_by_a_public_one" {
  command = plan

  variables {
    allowed_cidr = "100.64.0.7/32"
  }

  expect_failures = [var.public_ingress]
}

run "accelerated_networking_of_a_size_without" {
  command = plan

  variables {
    vm_size = "Standard_DS1_v2"
  }

  expect_failures = [var.accelerated_networking]
}

run "spot_that_comes_back_too_late" {
  command = plan

  variables {
    spot = { restore_timeout = "PT3H" }
  }

  expect_failures = [var.spot]
}

run "a_time_that_dask_does_not_read" {
  command = plan

  variables {
    idle_timeout = "30 min"
  }

  expect_failures = [var.idle_timeout]
}

run "private_clients_by_a_public_address" {
  command = plan

  variables {
    allowed_cidr = "192.168.0.0/16"
  }

  expect_failures = [var.public_ingress]
}

run "names_that_are_none" {
  command = plan

  variables {
    subscription_id   = "mine"
    name              = "Dask Cluster"
    collection        = "sentinel 2"
    location          = "West Europe"
    tags              = { long = join("", [for i in range(300) : "x"]) }
    vm_size           = "D4s_v5"
    scheduler_vm_size = "Standard D2s"
    identity_ids      = ["reader"]
    ssh_public_key    = "ecdsa-sha2-nistp256 AAAA"
    key_vault_id      = "https://example.vault.azure.net"
    image             = "pangeo/pangeo-notebook"
    address_space     = "10.0.0.0/28"
    timeout           = "20 minutes"
    idle_timeout      = "soon"
    subnet            = { id = "compute", cidr = "10.9.9.0/24" }
  }

  expect_failures = [
    var.subscription_id, var.name, var.collection, var.location, var.tags, var.vm_size, var.scheduler_vm_size, var.identity_ids, var.ssh_public_key, var.key_vault_id,
    var.image, var.address_space, var.timeout, var.idle_timeout, var.subnet,
  ]
}

run "values_that_are_none" {
  command = plan

  variables {
    n_workers                  = 1.5
    disk_size                  = 20
    spot                       = { max_bid_price = 0 }
    vm_image                   = { publisher = "", offer = "x", sku = "y" }
    env                        = { "A=B" = "x" }
    docker_args                = [""]
    extra_bootstrap            = [" "]
    scheduler_options          = { image = "other" }
    worker_options             = { tls = {} }
    certificate_validity_hours = 0
  }

  expect_failures = [
    var.n_workers, var.disk_size, var.spot, var.vm_image, var.env, var.docker_args, var.extra_bootstrap, var.scheduler_options, var.worker_options, var.certificate_validity_hours,
  ]
}

run "what_does_not_fit_together" {
  command = plan

  variables {
    bootstrap       = false
    gpu             = ["worker"]
    source_image_id = null
    plan            = null
  }

  expect_failures = [var.bootstrap, var.gpu]
}

run "an_image_that_is_none_and_a_plan_with_no_name" {
  command = plan

  variables {
    source_image_id = "dask"
    plan            = { publisher = "x", product = "y", name = "" }
  }

  expect_failures = [var.source_image_id, var.plan]
}
