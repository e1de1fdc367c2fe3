# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Stands in for what runs pods in a Kubernetes cluster.

No container ever runs. A pod is told to be running at once, a service gets the
addresses behind it, and a pod that is deleted is gone: that much the gateway's
controller waits for. The commands of two of the cluster options' profiles (see
gateway_config.py) are heeded: the one that does not exist fails, the other
one's pod stays pending.
"""

import asyncio
import json
from datetime import datetime, timezone

from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.rest import ApiException


async def follow(method, handle):
    """Calls handle with each object there is, and with each that changes."""
    while True:
        # Without a version to begin at, a watch begins with what there is.
        response = await method(watch=True, _preload_content=False)
        async with response:
            while line := await response.content.readline():
                event = json.loads(line)
                if event["type"] not in ("ADDED", "MODIFIED"):
                    continue
                try:
                    await handle(event["object"])
                except ApiException as error:
                    # Gone, or there already.
                    if error.status not in (404, 409):
                        raise


def status_of(pod):
    """The status that a pod is to have next, or None."""
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

    async def lead_to_pod(service):
        labels = service["metadata"].get("labels", {})
        if labels.get("app.kubernetes.io/component") != "dask-scheduler":
            return
        ports = [{"name": port["name"], "port": port["port"]} for port in service["spec"]["ports"]]
        # Any address does, but one of the loopback interface is refused.
        endpoints = {
            "metadata": {"name": service["metadata"]["name"], "labels": labels},
            "subsets": [{"addresses": [{"ip": "192.0.2.1"}], "ports": ports}],
        }
        await core.create_namespaced_endpoints(service["metadata"]["namespace"], endpoints)

    await asyncio.gather(
        follow(core.list_pod_for_all_namespaces, run_pod),
        follow(core.list_service_for_all_namespaces, lead_to_pod),
    )


asyncio.run(main())
