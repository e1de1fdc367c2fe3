# Runs anywhere: nothing is made but keys and certificates, which are in memory.

variables {
  scheduler_private_address = "10.0.0.4"
  image                     = "pangeo/pangeo-notebook:2026.08.01"
}

run "makes_what_the_machines_need" {
  variables {
    scheduler_client_address = "20.0.0.4"
    scheduler_options        = { idle_timeout = "2 hours" }
    worker_options           = { nworkers = 4, nthreads = 2, env = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" } }
  }

  assert {
    condition     = startswith(output.scheduler_cloud_init, "#cloud-config\n") && startswith(output.worker_cloud_init, "#cloud-config\n")
    error_message = "cloud-init takes a text without its first line for a script"
  }
  assert {
    condition     = { for file in yamldecode(output.scheduler_cloud_init).write_files : file.path => file.content }["/etc/dask/tls/ca.pem"] == output.ca_certificate
    error_message = "the scheduler has another authority"
  }
  assert {
    condition     = { for file in yamldecode(output.worker_cloud_init).write_files : file.path => file.content }["/etc/dask/tls/key.pem"] == output.private_key
    error_message = "the workers have another key"
  }
  assert {
    condition     = alltrue([for text in [output.scheduler_cloud_init, output.worker_cloud_init] : !strcontains({ for file in yamldecode(text).write_files : file.path => file.content }["/etc/systemd/system/dask.service"], "PRIVATE KEY")])
    error_message = "the key is in a command line"
  }
  assert {
    condition     = !strcontains(output.scheduler_cloud_init, trimspace(tls_private_key.ca.private_key_pem)) && !strcontains(output.worker_cloud_init, split("\n", tls_private_key.ca.private_key_pem)[1])
    error_message = "the authority's key is on a machine"
  }
  assert {
    condition     = strcontains(output.scheduler_cloud_init, "\"dask\" \"scheduler\" \"--port\" \"8786\" \"--dashboard-address\" \":8787\" \"--idle-timeout\" \"2 hours\"")
    error_message = "the scheduler's command is another"
  }
  assert {
    condition     = strcontains(output.worker_cloud_init, "\"dask\" \"worker\" \"tls://10.0.0.4:8786\" \"--nworkers\" \"4\" \"--nthreads\" \"2\"") && strcontains(output.worker_cloud_init, "GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR\n")
    error_message = "the workers' command or environment is another"
  }
  assert {
    condition     = output.scheduler_address == "tls://20.0.0.4:8786" && output.dashboard_url == "https://20.0.0.4:8787"
    error_message = "clients are sent elsewhere"
  }
  assert {
    condition     = yamldecode(output.dask_config)["scheduler-address"] == output.scheduler_address && yamldecode(output.dask_config).distributed.comm.tls.client.key == output.private_key
    error_message = "the clients' configuration is another"
  }
}

run "says_the_same_twice" {
  command = plan

  variables {
    scheduler_client_address = "20.0.0.4"
    scheduler_options        = { idle_timeout = "2 hours" }
    worker_options           = { nworkers = 4, nthreads = 2, env = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" } }
  }

  assert {
    condition     = output.scheduler_cloud_init == run.makes_what_the_machines_need.scheduler_cloud_init && output.worker_cloud_init == run.makes_what_the_machines_need.worker_cloud_init
    error_message = "a plan with nothing changed would replace the machines"
  }
}

run "leaves_the_key_in_a_key_vault" {
  variables {
    private_key_secret = { id = "https://example.vault.azure.net/secrets/dask", identity_client_id = "11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = alltrue([for text in [output.scheduler_cloud_init, output.worker_cloud_init] : !strcontains(text, "PRIVATE KEY") && strcontains(text, "ExecStartPre=/etc/dask/fetch-key")])
    error_message = "the key is in custom_data, or nothing fetches it"
  }
  assert {
    condition     = alltrue([for text in [output.scheduler_cloud_init, output.worker_cloud_init] : strcontains(text, "https://example.vault.azure.net/secrets/dask?") && strcontains(text, "11111111-2222-3333-4444-555555555555")])
    error_message = "it is fetched from elsewhere, or by another identity"
  }
}

run "writes_ipv6_in_brackets" {
  variables {
    scheduler_private_address = "fd00::4"
  }

  assert {
    condition     = output.scheduler_address == "tls://[fd00::4]:8786" && strcontains(output.worker_cloud_init, "\"tls://[fd00::4]:8786\"")
    error_message = "the address cannot be told from its port"
  }
}

run "refuses_addresses_with_a_scheme" {
  command = plan

  variables {
    scheduler_private_address = "tls://10.0.0.4"
    scheduler_client_address  = "20.0.0.4/24"
  }

  expect_failures = [var.scheduler_private_address, var.scheduler_client_address]
}

run "refuses_addresses_with_a_port" {
  command = plan

  variables {
    scheduler_private_address = "10.0.0.4:8786"
    scheduler_client_address  = "dask.example.com:8786"
  }

  expect_failures = [var.scheduler_private_address, var.scheduler_client_address]
}

run "takes_an_image_by_tag_and_digest" {
  variables {
    image                    = "localhost:5000/dask:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    scheduler_client_address = "dask.example.com"
  }

  assert {
    condition     = strcontains(output.worker_cloud_init, "\"localhost:5000/dask:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"") && output.scheduler_address == "tls://dask.example.com:8786"
    error_message = "the workers run another image"
  }
}

run "refuses_an_image_whose_port_looks_like_a_tag" {
  command = plan

  variables {
    image = "localhost:5000/dask"
  }

  expect_failures = [var.image]
}

run "refuses_images_that_change" {
  command = plan

  variables {
    image = "daskdev/dask:latest"
  }

  expect_failures = [var.image]
}

run "refuses_ports_that_are_none" {
  command = plan

  variables {
    port = 80
  }

  expect_failures = [var.port]
}

run "refuses_one_port_for_both" {
  command = plan

  variables {
    dashboard_port = 8786
  }

  expect_failures = [var.dashboard_port]
}

run "refuses_options_of_its_own" {
  command = plan

  variables {
    scheduler_options = { tls = null }
    worker_options    = { scheduler_address = "tcp://10.0.0.5:8786" }
  }

  expect_failures = [var.scheduler_options, var.worker_options]
}

run "refuses_a_vault_for_a_secret_and_no_time" {
  command = plan

  variables {
    private_key_secret         = { id = "/subscriptions/x/vaults/y" }
    certificate_validity_hours = 0.5
  }

  expect_failures = [var.private_key_secret, var.certificate_validity_hours]
}
