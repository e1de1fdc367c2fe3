# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Asks dask_gateway what it makes of arguments and environments.

Reads a list of cases, as JSON, from the file named in CASES, and prints a list
of answers: what a Gateway made so has, or the error with which it fails.
"""

import asyncio
import json
import os

import dask.config
from dask_gateway import Gateway
from dask_gateway.client import ClusterReport


def plain(value):
    """Whether JSON has a place for the value as it is."""
    if isinstance(value, dict):
        return all(isinstance(k, str) for k in value) and all(map(plain, [*value, *value.values()]))
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    if isinstance(value, str):
        return not any(0xD800 <= ord(c) <= 0xDFFF for c in value)
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    return value is None or isinstance(value, (bool, int))


def answer(case):
    os.environ.clear()
    for pair in case["environment"]:
        name, _, value = pair.partition("=")
        os.environ[name] = value
    # Without a home Python asks the system for one, which the provider does not.
    dask.config.refresh(paths=dask.config._get_paths() if "HOME" in os.environ else [])
    gateway = Gateway(
        address=case["address"],
        proxy_address=case["proxy_address"],
        public_address=case["public_address"],
        asynchronous=True,
    )
    report = ClusterReport._from_json(
        gateway._public_address,
        gateway.proxy_address,
        {
            "name": "prod.fbfed27704fc4d1da027dad20471993b",
            "status": "RUNNING",
            "dashboard_route": "/clusters/prod.fbfed27704fc4d1da027dad20471993b/status",
            "start_time": 0,
            "stop_time": None,
            "options": {},
        },
    )
    http_proxy = gateway._request_kwargs["proxy"]
    return {
        "address": gateway.address,
        "public_address": gateway._public_address,
        "proxy_address": gateway.proxy_address,
        "scheduler_address": report.scheduler_address,
        "dashboard_link": report.dashboard_link,
        "auth": type(gateway.auth).__name__,
        "credentials": vars(gateway.auth),
        "http_proxy": None if http_proxy is None else str(http_proxy),
        "options": {
            name: json.dumps(value) if plain(value) else None
            for name, value in gateway._config_cluster_options().items()
        },
    }


async def main(cases):
    answers = []
    for case in cases:
        try:
            answers.append(answer(case))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    print(json.dumps(answers))


with open(os.environ["CASES"]) as file:
    asyncio.run(main(json.load(file)))
