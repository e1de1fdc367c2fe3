locals {
  subnet_cidr = var.subnet == null ? cidrsubnet(var.address_space, 4, 0) : var.subnet.cidr
  subnet_id   = var.subnet == null ? azurerm_subnet.dask[0].id : var.subnet.id
  own_network = var.subnet == null ? 1 : 0
}

resource "azurerm_virtual_network" "dask" {
  count = local.own_network

  name                = "${var.name}-network"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.address_space]
  tags                = local.tags
}

resource "azurerm_subnet" "dask" {
  count = local.own_network

  name                 = "${var.name}-subnet"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.dask[0].name
  address_prefixes     = [local.subnet_cidr]

  # Said openly: Azure's default changes, and the NAT gateway is the way out.
  default_outbound_access_enabled = false

  # The data of the region comes by Azure's own network: the NAT gateway would
  # charge for every gigabyte.
  service_endpoint {
    service = "Microsoft.Storage"
  }
}

# The workers have no public address. Without a way out they could install
# nothing, fetch no image and read no data.
resource "azurerm_public_ip" "nat" {
  count = local.own_network

  name                = "${var.name}-nat"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway" "dask" {
  count = local.own_network

  name                = "${var.name}-nat"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku_name            = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "dask" {
  count = local.own_network

  nat_gateway_id       = azurerm_nat_gateway.dask[0].id
  public_ip_address_id = azurerm_public_ip.nat[0].id
}

resource "azurerm_subnet_nat_gateway_association" "dask" {
  count = local.own_network

  subnet_id      = azurerm_subnet.dask[0].id
  nat_gateway_id = azurerm_nat_gateway.dask[0].id
}

resource "azurerm_network_security_group" "dask" {
  name                = "${var.name}-security"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_network_security_rule" "dask" {
  for_each = {
    clients = { priority = 100, access = "Allow", protocol = "Tcp", ports = ["8786", "8787"], source = var.allowed_cidr }
    # Dask's own machines talk to each other on ports of their choice.
    dask = { priority = 200, access = "Allow", protocol = "*", ports = ["0-65535"], source = local.subnet_cidr }
    # Azure's default would let in every network that is peered or connected.
    others = { priority = 4096, access = "Deny", protocol = "*", ports = ["0-65535"], source = "*" }
  }

  name                        = each.key
  resource_group_name         = azurerm_resource_group.this.name
  network_security_group_name = azurerm_network_security_group.dask.name
  direction                   = "Inbound"
  priority                    = each.value.priority
  access                      = each.value.access
  protocol                    = each.value.protocol
  source_address_prefix       = each.value.source
  source_port_range           = "*"
  destination_address_prefix  = "*"
  destination_port_ranges     = each.value.ports
}

# In a network of its own the group protects the subnet; in yours, where others
# may be, the machines alone.
resource "azurerm_subnet_network_security_group_association" "dask" {
  count = local.own_network

  subnet_id                 = azurerm_subnet.dask[0].id
  network_security_group_id = azurerm_network_security_group.dask.id
}

resource "azurerm_network_interface_security_group_association" "scheduler" {
  count = 1 - local.own_network

  network_interface_id      = azurerm_network_interface.scheduler.id
  network_security_group_id = azurerm_network_security_group.dask.id
}
