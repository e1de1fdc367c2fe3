# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Configuration of JupyterHub for tests, with the gateway as its service."""

import asyncio
import json
import os

from jupyterhub.spawner import SimpleLocalProcessSpawner
from tornado import web

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

# Seconds that the Hub delays the response to a POST that starts a server: 201 if the
# server is ready by then, otherwise 202. The default of 10 is short for a busy machine.
RESPONSE_DELAY = 20
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": RESPONSE_DELAY}

if parameters["max_starts"]:
    c.JupyterHub.concurrent_spawn_limit = parameters["max_starts"]
    # Seconds in the Retry-After header of a rejected start. The default is 30 to 60.
    c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (1, 2)

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True


class ProfileSpawner(SimpleLocalProcessSpawner):
    """SimpleLocalProcessSpawner with profiles whose starts are slow or fail."""

    async def start(self):
        """Start the server as its profile requires."""
        profile = self.user_options.get("profile")
        if profile == "slow":
            await asyncio.sleep(RESPONSE_DELAY + 2)
        if profile == "stuck":
            await asyncio.sleep(3600)
        if profile == "hooked":
            self.user_options["node"] = "n1"
        if profile == "broken":
            raise RuntimeError("no node has room for it")
        if profile == "refused":
            raise web.HTTPError(409, "quota reached")
        if profile == "late":
            await asyncio.sleep(RESPONSE_DELAY + 1)
            raise RuntimeError("no node came up")
        if profile == "exits":
            # The process exits at once, but the Hub keeps waiting for it.
            self.cmd = ["false"]
        return await super().start()

    async def progress(self):
        """Report progress."""
        yield {"progress": 20, "message": "Looking for a node"}
        yield {"progress": 50, "message": "Spawning server..."}


c.JupyterHub.spawner_class = ProfileSpawner
c.SimpleLocalProcessSpawner.home_dir_template = os.path.join(directory, "home", "{username}")
c.JupyterHub.allow_named_servers = True
# The variables that the daskhub Helm chart sets for each server. The public address is
# a path only, because only the browser knows the Hub's host name.
c.Spawner.environment = {
    "DASK_GATEWAY__ADDRESS": parameters["hub_url"] + "services/dask-gateway/",
    "DASK_GATEWAY__PROXY_ADDRESS": "gateway://" + parameters["gateway_proxy"],
    "DASK_GATEWAY__PUBLIC_ADDRESS": "/services/dask-gateway/",
    "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
}
if os.geteuid() == 0:
    c.Spawner.args = ["--allow-root"]

c.JupyterHub.services = [
    {"name": "dask-gateway", "url": "http://" + parameters["gateway_proxy"], "api_token": parameters["gateway_token"]},
    {"name": "test-admin", "api_token": parameters["admin_token"]},
]
if parameters["hub_major"] == 1:
    # JupyterHub 1 has no roles. A service is an administrator or has no permissions.
    for service in c.JupyterHub.services:
        service["admin"] = True
# Before JupyterHub 3 a server's token is valid for all servers of its user.
server = "user" if parameters["hub_major"] == 2 else "server"
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=dask-gateway"]},
    # The token of a user's server may use the gateway as well.
    {"name": "server", "scopes": ["users:activity!user", "access:servers!" + server, "access:services!service=dask-gateway"]},
    {"name": "gateway-service", "services": ["dask-gateway"], "scopes": ["read:users"]},
    {
        "name": "test-admin",
        "services": ["test-admin"],
        "scopes": ["admin:users", "admin:servers", "tokens", "list:services", "access:services!service=dask-gateway"],
    },
]
