variable "scheduler_ip" {
  description = "IP address of the machine that runs the Dask scheduler."
  type        = string
  default     = "10.0.0.4"
}

data "pc_dask_scheduler" "this" {
  dashboard_url   = "http://${var.scheduler_ip}:8787"
  minimum_workers = 2
  on_timeout      = "warn"
  timeouts        = { read = "15m" }

  # depends_on = [azurerm_linux_virtual_machine_scale_set.workers]
}

# Fails the apply when workers are missing, but not terraform destroy.
output "scheduler_address" {
  value = "tcp://${var.scheduler_ip}:8786"

  precondition {
    condition     = data.pc_dask_scheduler.this.ready
    error_message = "The Dask cluster is not ready: ${coalesce(data.pc_dask_scheduler.this.last_error, "no error")}"
  }
}
