# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Replaces the kubelets and controllers of a Kubernetes cluster.

No container runs. The script reports each pod as running at once, gives each service
its endpoints, and deletes pods completely, because the gateway's controller waits for
that. It reads the commands of two profiles of the cluster options (see
gateway_config.py): a pod with the missing command fails, and a pod that sleeps stays
pending.
"""

import asyncio
import json
from datetime import datetime, timezone

from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.rest import ApiException


async def follow(method, handle):
    """Calls handle for each existing object and for each change."""
    while True:
        # A watch without a resource version begins with the existing objects.
        response = await method(watch=True, _preload_content=False)
        async with response:
            while line := await response.content.readline():
                event = json.loads(line)
                if event["type"] not in ("ADDED", "MODIFIED"):
                    continue
                try:
                    await handle(event["object"])
                except ApiException as error:
                    # The object was deleted, or it exists already.
                    if error.status not in (404, 409):
                        raise


def status_of(pod):
    """Returns the pod's next status, or None if it keeps its status."""
    if pod["status"].get("phase", "Pending") != "Pending":
        return None
    container = pod["spec"]["containers"][0]
    command = container.get("args", [""])
    if "sleep" in " ".join(command):
        return None
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    fails = command[0].startswith("no-such-")
    state = {"terminated": {"exitCode": 127, "finishedAt": now}} if fails else {"running": {"startedAt": now}}
    return {
        "phase": "Failed" if fails else "Running",
        "conditions": [{"type": "Ready", "status": str(not fails)}],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": not fails,
                "restartCount": 0,
                "state": state,
            }
        ],
    }


async def main():
    await config.load_kube_config()
    core = client.CoreV1Api()

    async def run_pod(pod):
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if "deletionTimestamp" in pod["metadata"]:
            await core.delete_namespaced_pod(name, namespace, grace_period_seconds=0)
        elif status := status_of(pod):
            await core.patch_namespaced_pod_status(
                name, namespace, [{"op": "replace", "path": "/status", "value": status}]
            )

    async def create_endpoints(service):
        labels = service["metadata"].get("labels", {})
        if labels.get("app.kubernetes.io/component") != "dask-scheduler":
            return
        ports = [{"name": port["name"], "port": port["port"]} for port in service["spec"]["ports"]]
        # The API server rejects loopback addresses. Any other address is fine.
        endpoints = {
            "metadata": {"name": service["metadata"]["name"], "labels": labels},
            "subsets": [{"addresses": [{"ip": "192.0.2.1"}], "ports": ports}],
        }
        await core.create_namespaced_endpoints(service["metadata"]["namespace"], endpoints)

    await asyncio.gather(
        follow(core.list_pod_for_all_namespaces, run_pod),
        follow(core.list_service_for_all_namespaces, create_endpoints),
    )


asyncio.run(main())
