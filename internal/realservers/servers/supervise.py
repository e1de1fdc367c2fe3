# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Runs servers for as long as somebody holds the other end of its standard input.

The first line of standard input is a JSON object:

    {"directory": "/tmp/x", "servers": [{"name": "hub", "command": [...], "environment": {...}}]}

Each server writes to directory/NAME.log. A line of JSON on standard output
tells of each server that ends. At the end of standard input (also because the
process that held it panicked or was killed) every process that the servers
have started is killed, in whatever session or process group, and the directory
is removed when "remove" is true.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"


def prctl(option, value):
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def start(server, directory):
    parent = os.getpid()

    def prepare():
        # A killed supervisor takes its servers along: SIGTERM, on which they
        # stop what they have started themselves.
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    with open(os.path.join(directory, server["name"] + ".log"), "ab") as log:
        return subprocess.Popen(
            server["command"],
            cwd=directory,
            env=server["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=prepare,
        )


def parents():
    """The parent of each process of this machine."""
    if LINUX:
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    # The command's name, in parentheses, may hold anything.
                    found[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
        return found
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent in map(str.split, lines.splitlines())}


def descendants():
    """Every process below this one, the nearest first."""
    above = parents()
    found, level = [], {os.getpid()}
    while level:
        level = {pid for pid, parent in above.items() if parent in level}
        found.extend(level)
    return found


def kill_all():
    # As a subreaper this process becomes the parent of what the servers leave
    # behind (the gateway gives each scheduler and worker a session of its
    # own), so there is nothing left once it has no child.
    while True:
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def watch(names):
    """Reports servers that end, until the end of standard input or a signal."""
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    while True:
        while names:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid in names:
                code = os.waitstatus_to_exitcode(status)
                print(json.dumps({"server": names.pop(pid), "exit": code}), flush=True)
        ready, _, _ = select.select([0, wake], [], [])
        if 0 in ready and not os.read(0, 4096):
            return
        if wake in ready and any(number != signal.SIGCHLD for number in os.read(wake, 64)):
            return


def main():
    try:
        os.setsid()  # Ctrl-C in the terminal is for the one who holds standard input.
    except PermissionError:
        pass
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    task = json.loads(sys.stdin.buffer.readline())
    try:
        names = {start(server, task["directory"]).pid: server["name"] for server in task["servers"]}
        watch(names)
    finally:
        kill_all()
        if task["remove"]:
            shutil.rmtree(task["directory"], ignore_errors=True)


main()
