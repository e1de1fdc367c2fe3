# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Configuration of dask-gateway-server for tests.

The cluster options have the names, types and limits of the Planetary Computer's
gateway, plus a select and an integer, so that there is one of every type.
"""

import json
import math
import os

from dask_gateway_server.options import Bool, Float, Integer, Mapping, Options, Select, String

with open(os.environ["PC_SERVERS_PARAMETERS"]) as file:
    parameters = json.load(file)

c = get_config()  # noqa: F821  (provided by traitlets)
kubernetes = parameters["backend"] == "kubernetes"


def cluster_config(options):
    if ":" not in options.image:
        raise ValueError("When specifying an image you must also provide a tag")
    config = {
        # The local backend accepts whole cores only.
        "worker_cores": options.worker_cores if kubernetes else math.ceil(options.worker_cores),
        "worker_memory": int(options.worker_memory * 2**30),
        "environment": {name: str(value) for name, value in options.environment.items()},
        "idle_timeout": options.idle_minutes * 60,
    }
    # Tests cannot wait for minutes.
    if "IDLE_SECONDS" in options.environment:
        config["idle_timeout"] = float(options.environment["IDLE_SECONDS"])
    # Two profiles fail on purpose. The command of the first does not exist, so the
    # cluster is FAILED within a second. The scheduler of the second never reports, so
    # the cluster stays PENDING for a minute.
    if options.profile == "broken":
        config["scheduler_cmd"] = ["no-such-scheduler-command"]
    if options.profile == "stuck":
        config["scheduler_cmd"] = ["sh", "-c", "exec sleep 600"]
    return config


c.DaskGateway.log_format = "[%(levelname)1.1s %(asctime)s.%(msecs).03d %(name)s] %(message)s"
c.DaskGateway.address = parameters["gateway_api"]
if kubernetes:
    c.DaskGateway.backend_class = "dask_gateway_server.backends.kubernetes.KubeBackend"
    c.KubeBackend.gateway_instance = c.KubeController.gateway_instance = "test"
    c.KubeBackend.api_url = c.KubeController.api_url = "http://" + parameters["gateway_api"] + "/api"
    c.KubeClusterConfig.namespace = parameters["namespace"]
    c.KubeController.address = parameters["controller"]
    # More than the tests need, so that the controller never waits.
    c.KubeController.k8s_api_rate_limit = 500
    c.KubeController.k8s_api_rate_limit_burst = 1000
else:
    c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
# The gateway reads its clusters from the database after a restart.
c.DBBackendBase.db_url = "sqlite:///" + os.path.join(parameters["directory"], "gateway.sqlite")
c.DBBackendBase.db_encrypt_keys = [parameters["database_key"]]
# The gateway notices within seconds that a scheduler was killed.
c.DBBackendBase.cluster_status_period = 2
c.DBBackendBase.cluster_heartbeat_period = 5
c.DBBackendBase.cluster_heartbeat_timeout = 20
c.DBBackendBase.check_timeouts_period = 3
c.UnsafeLocalBackend.clusters_directory = os.path.join(parameters["directory"], "clusters")
c.Backend.cluster_options = Options(
    Float("worker_cores", default=1, min=0.1, max=8, label="Worker Cores"),
    Float("worker_memory", default=8, min=1, max=64, label="Worker Memory (GiB)"),
    String("image", default="pangeo/pangeo-notebook:2026.08.01", label="Image"),
    Bool("gpu", default=False, label="GPU"),
    Mapping("environment", default={}, label="Environment Variables"),
    Select("profile", ["standard", "broken", "stuck"], default="standard", label="Profile"),
    Integer("idle_minutes", default=0, min=0, max=1440, label="Idle Minutes"),
    handler=cluster_config,
)

# distributed no longer has the dask-scheduler and dask-worker commands that
# dask-gateway-server starts by default.
c.ClusterConfig.scheduler_cmd = ["dask", "scheduler"]
c.ClusterConfig.worker_cmd = ["dask", "worker"]
if parameters["max_workers"]:
    c.ClusterConfig.cluster_max_workers = parameters["max_workers"]

c.Proxy.address = parameters["gateway_proxy"]
c.Proxy.prefix = parameters["gateway_prefix"]

if parameters["auth"] == "jupyterhub":
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.JupyterHubAuthenticator"
    c.JupyterHubAuthenticator.jupyterhub_api_url = parameters["hub_url"] + "hub/api"
    c.JupyterHubAuthenticator.jupyterhub_api_token = parameters["gateway_token"]
    c.JupyterHubAuthenticator.jupyterhub_service_name = "dask-gateway"
    if parameters["hub_major"] == 1:
        # JupyterHub 1 has no scopes.
        c.JupyterHubAuthenticator.use_service_access_scopes = False
elif parameters["auth"] == "kerberos":
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.KerberosAuthenticator"
    c.KerberosAuthenticator.keytab = parameters["kerberos_keytab"]
else:
    c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
    c.SimpleAuthenticator.password = parameters["password"]
