"""Keeps one server process: a script of its own, run as `python -I -S keeper.py ORDERS`.

It stands between Bando and the server so that three things hold without care by anybody else: the server runs
under the identity it was given; a server that dies is started again; and the server is stopped when Bando
ends, however Bando ends (the parent's process id is watched, so a thread that ends is not mistaken for it).
Should the keeper itself be killed, the kernel stops the server (PR_SET_PDEATHSIG, Linux).

ORDERS is the JSON of `process.Orders`. One byte on standard input says "it answered once": before that, the
server's end is the keeper's end, with the same exit code; after it, the server is restarted. Only the
standard library is used: the script must start in milliseconds and must not depend on what it guards.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.25  # how late the death of the parent may be noticed
PATIENCE_SECONDS = 15.0  # PostgreSQL writes its last checkpoint in this time; a demo's takes well under one
BACK_OFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0)  # the last one repeats


def main() -> int:
    orders: dict[str, Any] = json.loads(sys.argv[1])
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    asked_to_stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked_to_stop.append(number))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    watched = [wake_read, 0]
    answered_once = False
    deaths = 0
    restart_at = 0.0
    server = begin(orders)
    while True:
        ready, _, _ = select.select(watched, [], [], LOOK_SECONDS)
        if wake_read in ready:
            os.read(wake_read, 1024)
        if 0 in ready:
            watched.remove(0)
            answered_once = os.read(0, 1) != b""
        if asked_to_stop or os.getppid() != orders["parent"]:
            return end(server, orders)
        code = server.poll()
        if code is None:
            continue
        if not answered_once:
            return code if code >= 0 else 128 - code
        if not restart_at:
            restart_at = time.monotonic() + BACK_OFF_SECONDS[min(deaths, len(BACK_OFF_SECONDS) - 1)]
        if time.monotonic() >= restart_at:
            deaths, restart_at = deaths + 1, 0.0
            server = begin(orders)


def begin(orders: dict[str, Any]) -> "subprocess.Popen[bytes]":
    keeper = os.getpid()
    return subprocess.Popen(
        orders["argv"],
        env=orders["env"],
        cwd="/",
        stdin=subprocess.DEVNULL,
        pass_fds=orders["pass_fds"],
        umask=0o077,
        start_new_session=True,
        preexec_fn=lambda: take_identity(orders, keeper),
    )


def take_identity(orders: dict[str, Any], keeper: int) -> None:
    """Runs in the server's process before its program does. Giving up rights comes before the death signal,
    because the kernel forgets that signal when the credentials change."""
    libc = ctypes.CDLL(None, use_errno=True)
    if orders["namespace"] and libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    if orders["uid"] is not None:
        os.setgroups([])
        os.setgid(orders["gid"])
        os.setuid(orders["uid"])
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, orders["stop_signal"], 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)


def end(server: "subprocess.Popen[bytes]", orders: dict[str, Any]) -> int:
    if server.poll() is None:
        server.send_signal(orders["stop_signal"])
        try:
            server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
