# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Configuration of JupyterHub for tests, with the gateway as its service."""

import json
import os

with open(os.environ["PC_SERVERS_PARAMETERS"]) as file:
    parameters = json.load(file)

c = get_config()  # noqa: F821  (provided by traitlets)

directory = parameters["directory"]

c.JupyterHub.bind_url = parameters["hub_url"]
c.JupyterHub.hub_bind_url = parameters["hub_api"]
c.JupyterHub.db_url = "sqlite:///" + os.path.join(directory, "hub.sqlite")
c.JupyterHub.cookie_secret_file = os.path.join(directory, "cookie_secret")
c.ConfigurableHTTPProxy.api_url = parameters["hub_proxy_api"]
c.ConfigurableHTTPProxy.command = [parameters["configurable_http_proxy"]]
c.ConfigurableHTTPProxy.auth_token = parameters["hub_proxy_token"]
c.ConfigurableHTTPProxy.pid_file = os.path.join(directory, "proxy.pid")

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(directory, "home", "{username}")
c.JupyterHub.allow_named_servers = True
if os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]

c.JupyterHub.services = [
    {"name": "dask-gateway", "url": "http://" + parameters["gateway_proxy"], "api_token": parameters["gateway_token"]},
    {"name": "test-admin", "api_token": parameters["admin_token"]},
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=dask-gateway"]},
    {"name": "gateway-service", "services": ["dask-gateway"], "scopes": ["read:users"]},
    {
        "name": "test-admin",
        "services": ["test-admin"],
        "scopes": ["admin:users", "admin:servers", "tokens", "list:services", "access:services!service=dask-gateway"],
    },
]
