data "pc_dask_scheduler" "this" {
  address         = "tcp://10.0.0.4:8786"
  minimum_workers = 2
  on_timeout      = "warn"
  timeouts        = { read = "15m" }

  # depends_on = [azurerm_linux_virtual_machine_scale_set.workers]
}

# Fails the apply when workers are missing, but not terraform destroy.
output "scheduler_address" {
  value = data.pc_dask_scheduler.this.address

  precondition {
    condition     = data.pc_dask_scheduler.this.ready
    error_message = "Dask is not ready: ${coalesce(data.pc_dask_scheduler.this.last_error, "no error")}"
  }
}
