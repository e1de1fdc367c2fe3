resource "pc_dask_cluster" "main" {
  workers = 2
}

ephemeral "pc_dask_cluster_credentials" "main" {
  name = pc_dask_cluster.main.name
}

resource "terraform_data" "job" {
  triggers_replace = pc_dask_cluster.main.name

  provisioner "local-exec" {
    command = "python job.py > job.log 2>&1"
    environment = {
      SCHEDULER = ephemeral.pc_dask_cluster_credentials.main.scheduler_address
      TLS_CERT  = ephemeral.pc_dask_cluster_credentials.main.tls_cert
      TLS_KEY   = ephemeral.pc_dask_cluster_credentials.main.tls_key
    }
  }
}
