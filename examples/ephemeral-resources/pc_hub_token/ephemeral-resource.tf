ephemeral "pc_hub_token" "gateway" {
  note       = "Terraform, one run"
  expires_in = "2h"
  scopes     = ["access:services!service=dask-gateway"]
}

provider "pc" {
  alias     = "gateway"
  api_token = ephemeral.pc_hub_token.gateway.token
}

resource "pc_dask_cluster" "job" {
  provider = pc.gateway
  workers  = 2
}

# Terraform hides the output of the command, unless it fails.
resource "terraform_data" "job" {
  triggers_replace = pc_dask_cluster.job.name

  provisioner "local-exec" {
    command = "python job.py > job.log 2>&1"
    environment = {
      CLUSTER              = pc_dask_cluster.job.name
      JUPYTERHUB_API_TOKEN = ephemeral.pc_hub_token.gateway.token
    }
  }
}
