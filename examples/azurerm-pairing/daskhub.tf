provider "helm" {
  kubernetes = {
    host                   = azurerm_kubernetes_cluster.hub.kube_config[0].host
    client_certificate     = base64decode(azurerm_kubernetes_cluster.hub.kube_config[0].client_certificate)
    client_key             = base64decode(azurerm_kubernetes_cluster.hub.kube_config[0].client_key)
    cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.hub.kube_config[0].cluster_ca_certificate)
  }
}

locals {
  # Azure gives this name to the load balancer whose label is name.
  hub_host = "${var.name}.${local.location}.cloudapp.azure.com"

  values = {
    jupyterhub = {
      hub = {
        # What this configuration is to the Hub: a service that may use the gateway.
        services = { terraform = { display = false } }
        loadRoles = {
          terraform = {
            services = ["terraform"]
            scopes   = ["access:services!service=dask-gateway"]
          }
          # Users may as well, and so may their notebooks.
          user   = { scopes = ["self", "access:services!service=dask-gateway"] }
          server = { scopes = ["users:activity!user", "access:servers!server", "access:services!service=dask-gateway"] }
        }
      }
      proxy = {
        https = {
          enabled     = true
          hosts       = [local.hub_host]
          letsencrypt = { contactEmail = var.contact_email }
        }
        service = { annotations = { "service.beta.kubernetes.io/azure-dns-label-name" = var.name } }
      }
      singleuser = {
        image    = var.image
        extraEnv = { DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE = "{JUPYTER_IMAGE_SPEC}" }
      }
    }
    dask-gateway = {
      gateway = {
        backend = {
          scheduler = { extraPodConfig = local.on_dask_nodes }
          worker    = { extraPodConfig = local.on_dask_nodes }
        }
        extraConfig = { options = file("${path.module}/gateway_options.py") }
      }
    }
  }

  on_dask_nodes = {
    nodeSelector = { "k8s.dask.org/node-purpose" = "worker" }
    tolerations  = [{ key = "k8s.dask.org/dedicated", operator = "Equal", value = "worker", effect = "NoSchedule" }]
  }
}

resource "helm_release" "daskhub" {
  name             = "dhub"
  namespace        = "dhub"
  create_namespace = true
  repository       = "https://helm.dask.org"
  chart            = "daskhub"
  version          = "2024.1.1"
  timeout          = 1200
  values           = [yamlencode(local.values)]

  # Write-only: the tokens and the password are in Kubernetes and in no state.
  set_wo = [
    { name = "jupyterhub.hub.services.terraform.apiToken", value = var.hub_token },
    # The chart's own default lets anybody in, with any password.
    { name = "jupyterhub.hub.config.DummyAuthenticator.password", value = var.hub_password },
    { name = "jupyterhub.hub.services.dask-gateway.apiToken", value = var.gateway_token },
    { name = "dask-gateway.gateway.auth.jupyterhub.apiToken", value = var.gateway_token },
  ]
  set_wo_revision = var.tokens_revision

  depends_on = [azurerm_kubernetes_cluster_node_pool.dask]
}

# The address is known from the moment on that somebody answers there.
resource "terraform_data" "hub" {
  input      = "https://${local.hub_host}/services/dask-gateway/"
  depends_on = [helm_release.daskhub]
}

locals {
  hub_address = terraform_data.hub.output
}
