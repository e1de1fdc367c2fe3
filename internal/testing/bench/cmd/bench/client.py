# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""What terraform is measured beside on the real gateway: Python's asynchronous client.

client.py create|list|stop COUNT does with COUNT clusters what one would write
by hand, all at once, and prints a line when it is done.
"""

import asyncio
import sys

from dask_gateway import Gateway


async def create(gateway, count):
    new = (gateway.new_cluster(worker_cores=2, worker_memory=16, shutdown_on_close=False) for _ in range(count))
    clusters = await asyncio.gather(*new)
    return len({cluster.name for cluster in clusters})


async def list_(gateway, _):
    return len([each for each in await gateway.list_clusters() if each.status.name == "RUNNING"])


async def stop(gateway, _):
    running = [each.name for each in await gateway.list_clusters()]
    await asyncio.gather(*(gateway.stop_cluster(name) for name in running))
    while await gateway.list_clusters(status=["pending", "running", "stopping"]):
        await asyncio.sleep(0.1)
    return len(running)


async def main(operation, count):
    async with Gateway(asynchronous=True) as gateway:
        done = await {"create": create, "list": list_, "stop": stop}[operation](gateway, count)
        if done != count:
            raise SystemExit(f"{operation}: {done} clusters instead of {count}")
        print("done", flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
