"""Connects to the Dask cluster that Terraform declared.

    terraform output -json | python connect.py

prints what was found. In Python:

    from connect import connect
    client = connect(json.loads(subprocess.check_output(["terraform", "output", "-json"])))

Needs the packages dask-gateway and distributed, in versions that fit the
cluster's image.
"""

import json
import sys

from dask_gateway import Gateway
from dask_gateway.auth import JupyterHubAuth


def connect(outputs, workers=1, timeout=600):
    """Returns a distributed.Client of the cluster, once so many workers are there.

    outputs is what `terraform output -json` prints, as a dict: "dask" with
    address, proxy_address and name, and, where Terraform made the token,
    "jupyterhub_token". Without that the credentials are Dask's and JupyterHub's
    own, as with Gateway(). The cluster is Terraform's to stop: closing the client
    leaves it.
    """
    if "dask" not in outputs:
        raise SystemExit('There is no output "dask": run terraform apply first, in the folder with the configuration.')
    dask = outputs["dask"]["value"]
    auth = None
    if "jupyterhub_token" in outputs:
        auth = JupyterHubAuth(api_token=outputs["jupyterhub_token"]["value"])
    gateway = Gateway(address=dask["address"], proxy_address=dask["proxy_address"], auth=auth)
    client = gateway.connect(dask["name"], shutdown_on_close=False).get_client()
    client.wait_for_workers(workers, timeout=timeout)
    return client


if __name__ == "__main__":
    with connect(json.load(sys.stdin)) as client:
        print(client)
        print(client.dashboard_link)
