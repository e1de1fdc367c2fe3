# As whom Kubernetes acts in Azure.
resource "azurerm_user_assigned_identity" "kubernetes" {
  name                = "${var.name}-kubernetes"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
}

# As whom its nodes act, and so the workers on them.
resource "azurerm_user_assigned_identity" "workers" {
  name                = "${var.name}-workers"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
}

resource "azurerm_role_assignment" "kubernetes" {
  scope                = azurerm_user_assigned_identity.workers.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.kubernetes.principal_id
}

resource "azurerm_kubernetes_cluster" "hub" {
  name                = var.name
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  dns_prefix          = var.name

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.kubernetes.id]
  }

  kubelet_identity {
    user_assigned_identity_id = azurerm_user_assigned_identity.workers.id
    object_id                 = azurerm_user_assigned_identity.workers.principal_id
    client_id                 = azurerm_user_assigned_identity.workers.client_id
  }

  # The node pools are the two that are declared here.
  node_provisioning_profile {
    mode = "Manual"
  }

  # The Hub, the gateway and the notebooks.
  default_node_pool {
    name       = "hub"
    vm_size    = "Standard_D4s_v5"
    node_count = 1

    upgrade_settings {
      max_surge = "10%"
    }
  }

  depends_on = [azurerm_role_assignment.kubernetes]
}

# Schedulers and workers: no node while nobody computes.
resource "azurerm_kubernetes_cluster_node_pool" "dask" {
  name                  = "dask"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.hub.id
  vm_size               = "Standard_D8s_v5"
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = var.maximum_nodes
  node_labels           = { "k8s.dask.org/node-purpose" = "worker" }
  node_taints           = ["k8s.dask.org/dedicated=worker:NoSchedule"]
}
