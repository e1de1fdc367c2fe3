# Where the scheduler's dashboard can be reached from here.
variable "scheduler_ip" {
  description = "IP address of the machine that runs the Dask scheduler."
  type        = string
  default     = "10.0.0.4"
}

# Read during the apply, once the machines are there, not while planning.
data "pc_dask_scheduler" "this" {
  dashboard_url   = "http://${var.scheduler_ip}:8787"
  minimum_workers = 2
  on_timeout      = "warn"
  timeouts        = { read = "15m" }

  # depends_on = [azurerm_linux_virtual_machine_scale_set.workers]
}

# Fails the apply when workers are missing, and leaves terraform destroy alone.
output "scheduler_address" {
  value = "tcp://${var.scheduler_ip}:8786"

  precondition {
    condition     = data.pc_dask_scheduler.this.ready
    error_message = "The Dask cluster is not ready: ${coalesce(data.pc_dask_scheduler.this.last_error, "no error")}"
  }
}
