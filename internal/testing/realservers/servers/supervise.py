# Copyright (c) The terraform-provider-pc Authors
# SPDX-License-Identifier: MPL-2.0

"""Runs servers until its standard input is closed.

The first line of standard input is a JSON object:

    {"directory": "/tmp/x", "servers": [{"name": "hub", "command": [...], "environment": {...}, "with": "",
                                        "later": false}]}

Further lines are commands. {"kill": "hub"} sends SIGKILL to that server and to those
of its children whose command contains the word "with" of the server. Other children
keep running. {"start": "hub"} starts the server again, or for the first time if
"later" is true.

Each server writes to directory/NAME.log. The script writes a line of JSON to standard
output for each server that exits. At the end of standard input, also if the process at
its other end panicked or was killed, the script kills every process that the servers
have started, in any session or process group, and removes the directory if "remove" is
true.
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
        # If the supervisor is killed, its servers get SIGTERM, and stop the processes
        # that they have started.
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
    """Returns the parent of each process of this machine."""
    if LINUX:
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat") as file:
                    # The command's name, in parentheses, may contain any character.
                    found[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
        return found
    lines = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return {int(pid): int(parent) for pid, parent in map(str.split, lines.splitlines())}


def descendants():
    """Returns every process below this one, the nearest first."""
    above = parents()
    found, level = [], {os.getpid()}
    while level:
        level = {pid for pid, parent in above.items() if parent in level}
        found.extend(level)
    return found


def kill_all():
    # As a subreaper, this process becomes the parent of every process that loses its own
    # (the gateway starts each scheduler and worker in a separate session). So no process
    # is left when this one has no child.
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


def command_of(pid):
    if LINUX:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read().decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True).stdout


def kill(pid, companion):
    children = [child for child, parent in parents().items() if parent == pid]
    companions = [child for child in children if companion and companion in command_of(child)]
    for each in [pid, *companions]:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            pass


def report_exits(names):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in names:
            code = os.waitstatus_to_exitcode(status)
            print(json.dumps({"server": names.pop(pid), "exit": code}), flush=True)


def execute(command, servers, directory, names):
    if "start" in command:
        server = servers[command["start"]]
        names[start(server, directory).pid] = server["name"]
        return
    for pid, name in list(names.items()):
        if name == command["kill"]:
            kill(pid, servers[name]["with"])


def watch(servers, directory, names, unread):
    """Executes commands and reports servers that exit, until the end of standard input
    or a signal."""
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    while True:
        report_exits(names)
        while b"\n" in unread:
            line, _, unread = unread.partition(b"\n")
            execute(json.loads(line), servers, directory, names)
        ready, _, _ = select.select([0, wake], [], [])
        if 0 in ready:
            part = os.read(0, 65536)
            if not part:
                return
            unread += part
        if wake in ready and any(number != signal.SIGCHLD for number in os.read(wake, 64)):
            return


def first_line():
    """Returns the first line, and the text after it that was read with it."""
    text = b""
    while b"\n" not in text:
        part = os.read(0, 65536)
        if not part:
            sys.exit("no task on standard input")
        text += part
    line, _, unread = text.partition(b"\n")
    return json.loads(line), unread


def main():
    try:
        os.setsid()  # Ctrl-C in the terminal is for the process that owns standard input.
    except PermissionError:
        pass
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    task, unread = first_line()
    try:
        servers = {server["name"]: server for server in task["servers"]}
        names = {start(server, task["directory"]).pid: name for name, server in servers.items() if not server["later"]}
        watch(servers, task["directory"], names, unread)
    finally:
        kill_all()
        if task["remove"]:
            shutil.rmtree(task["directory"], ignore_errors=True)


main()
