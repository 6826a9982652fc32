"""The warden of one run: starts the sample, waits for it, and leaves nothing of it behind.

It is to the sample what a shell is: parent, and leader of the session on the terminal, so that what
the sample leaves running in the background lives on as it would for a reader. It is also the reaper
of everything the sample starts, so that a daemon cannot slip away from it. Its lifeline is a socket
to the harness: when the harness is gone, however it went, the lifeline ends, and so does the run.
Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import resource
import select
import signal
import sys
import termios
import time

from harness.runner import wire
from harness.runner.descriptors import close_all_but
from harness.runner.family import adopt_orphans, die_with_parent, end_all, strays

if sys.platform == "linux":
    from harness.runner import seal
    from harness.runner.opened import Watch

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    import socket
    from typing import Any

LOOK_S = 0.25
"""How often to look at how much memory a sealed run holds."""


def run(
    order: dict[str, Any], lifeline: socket.socket, terminal: int, errors: int, *, execute: bool
) -> bool:
    """Carry out one order, and report how it ended over the lifeline.

    Args:
        order: `argv`, `env`, `cwd`, `limit_s` (seconds), and `seal`, what a sealed run is given.
        lifeline: Takes the report; its end ends the run.
        terminal: Descriptor of the sample's terminal: its standard output.
        errors: Descriptor of its standard error.
        execute: Whether the sample is a program to be executed, or this very interpreter's child.

    Returns:
        Whether this process is the sample now, which it is only if nothing is executed.
    """
    die_with_parent()
    # The kernel tells the harness which process this is.
    _tell(lifeline, {"warden": os.getpid()})
    watch = None
    if order["seal"]:
        try:
            _seal(order["seal"], lifeline)
            watch = _watch(order["seal"]["own"])
        except OSError as error:
            _tell(lifeline, {"fault": f"its seal: {seal.said(error)}"})
            return False
    adopt_orphans()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal may end before the run does
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    except OSError as error:
        _tell(lifeline, {"fault": f"its terminal: {error.strerror}"})
        return False
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _become_sample(order, lifeline, terminal, errors, execute=execute)
        return True
    os.close(terminal)
    os.close(errors)
    outcome = _wait(
        child,
        started + order["limit_s"],
        lifeline.fileno(),
        wake,
        sealed=order["seal"],
    )
    left_behind = strays() if outcome["status"] is not None else []
    end_all(child)
    _tell(
        lifeline,
        {
            "left_behind": left_behind,
            "seconds": time.monotonic() - started,
            "opened": watch.files() if watch else None,
            **outcome,
        },
    )
    return False


def _seal(order: dict[str, Any], lifeline: socket.socket) -> None:
    """Go on inside a seal, and hand its sockets out to the gateway."""
    seal.enter(*order["user"])
    inside = os.fork()
    if inside:
        close_all_but(lifeline.fileno())  # the terminal above all
        os.waitpid(inside, 0)
        os._exit(0)
    die_with_parent()
    sockets = seal.furnish(order)
    wire.report(lifeline, {"sealed": True}, tuple(sockets))
    for number in sockets:
        os.close(number)


def _watch(folders: list[str]) -> Watch | None:
    """Note what is opened in the project's folders, where the kernel gives us another watch."""
    try:
        return Watch(seal.names_of(folders))
    except OSError:
        return None


def probe(order: dict[str, Any], lifeline: socket.socket) -> None:
    """Try whether runs can be sealed here, and tell why not if they cannot."""
    try:
        _seal(order, lifeline)
    except OSError as error:
        _tell(lifeline, {"sealed": False, "reason": seal.said(error)})


def _tell(lifeline: socket.socket, report: dict[str, Any]) -> None:
    try:
        wire.report(lifeline, report)
    except OSError:
        pass  # the harness is gone, and with it whoever wanted to know


def _become_sample(
    order: dict[str, Any], lifeline: socket.socket, terminal: int, errors: int, *, execute: bool
) -> None:
    try:
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(terminal, os.getpid())
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(terminal, 1)
        os.dup2(errors, 2)
        for number in (
            signal.SIGCHLD,
            signal.SIGPIPE,
            signal.SIGINT,
            signal.SIGTERM,
            signal.SIGHUP,
            signal.SIGTTOU,
        ):
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(0o022)
        os.chdir(order["cwd"])
        die_with_parent()
        if order["seal"]:
            seal.give_up()
        close_all_but(0, 1, 2, lifeline.fileno())
        os.set_inheritable(lifeline.fileno(), False)
        if execute:
            os.execve(order["argv"][0], order["argv"], order["env"])
        lifeline.close()
    except OSError as error:
        _tell(lifeline, {"fault": f"{order['argv'][0]}: {error.strerror}"})
        os._exit(127)


def _wait(
    child: int, deadline: float, lifeline: int, wake: int, *, sealed: dict[str, Any] | None
) -> dict[str, Any]:
    """Wait until the sample ends, its time is up, or nobody wants to know any more."""
    watch = select.poll()
    watch.register(lifeline, select.POLLIN)
    watch.register(wake, select.POLLIN)
    look_at = time.monotonic() + LOOK_S
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            cpu_s = usage.ru_utime + usage.ru_stime
            return {"status": status, "cpu_s": cpu_s, "max_rss": usage.ru_maxrss}
        now = time.monotonic()
        if now >= deadline:
            return {"status": None, "reason": "time"}
        if sealed and now >= look_at:
            if seal.held(sealed["home"]) > sealed["memory"]:
                return {"status": None, "reason": "memory"}
            look_at = time.monotonic() + LOOK_S
        wait_s = (min(deadline, look_at) if sealed else deadline) - now
        for descriptor, _ in watch.poll(max(0, 1000 * wait_s)):
            if descriptor == lifeline:
                return {"status": None, "reason": "order"}
            os.read(wake, 512)
