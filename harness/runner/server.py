"""A fork server's sandbox, entered before anything of others is imported. Standard library only.

What a server imports ahead runs in the process from which samples are forked, long before any of
them is sealed. So the server itself has nothing: no network, no process but its own, no file but
the interpreter, the libraries and the samples' folders, read-only, and no environment but its
client's. It holds no capability and, where the harness is root, is another user. Each run is then
sealed from in there as from anywhere else, and can be shown no more than the server sees.

Three processes: one that waits outside, one that is the first inside and ends with the harness, and
the server.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from contextlib import suppress

from harness.runner import kernel, seal, wire
from harness.runner.descriptors import close_all_but
from harness.runner.family import die_with_parent
from harness.runner.refusals import SERVER, refuse

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    import socket
    from typing import Any

NOBODY = 65534
"""Who the server is outside, where the harness is root: root may write to the kernel's settings."""
LIMITS = (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA)
FAREWELL_S = 1.0
"""How long a server may take to end, once the harness is gone. With the first process, all end."""


def serve(control: socket.socket) -> None:
    """Be the process that waits outside; ends when the server has ended.

    Args:
        control: Brings first what to serve: `argv`, `preload`, `env`; and what is seen: `read`, `own`
            and `hide`, as a run has them. The server takes its orders from it.
    """
    message = wire.receive(control)
    if message is None:
        return
    order = message[0]
    os.umask(0o022)  # what is made for the view is for all to read
    try:
        _enter()
        inside = os.fork()
        if inside == 0:
            die_with_parent()
            _view(order)
            os._exit(_keep(order, control))
    except OSError as error:
        _refused(control, error)
        os._exit(1)
    close_all_but(0, 1, 2)
    os.waitpid(inside, 0)


def _refused(control: socket.socket, error: OSError) -> None:
    with suppress(OSError):  # the harness is gone
        wire.report(control, {"unready": f"its sandbox is refused: {seal.said(error)}"})


def _enter() -> None:
    """Enter namespaces in which further ones can be made."""
    if os.geteuid() != 0:
        seal.enter(os.geteuid(), os.getegid(), last=False)
        return
    # Two users can be mapped only by one who may become either: so from outside, by a child.
    entered, mapped = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(entered[1])
        os.read(entered[0], 1)
        for name in ("uid_map", "gid_map"):
            seal.write(f"/proc/{os.getppid()}/{name}", f"0 0 1\n{NOBODY} {NOBODY} 1\n")
        os.write(mapped[1], b"1")
        os._exit(0)
    os.close(mapped[1])
    kernel.unshare(seal.NAMESPACES)
    os.write(entered[1], b"1")
    done = os.read(mapped[0], 1)
    os.waitpid(child, 0)
    for number in (*entered, mapped[0]):
        os.close(number)
    if not done:
        raise OSError(0, "users cannot be mapped", "uid_map")
    kernel.forget_keys()


def _view(order: dict[str, Any]) -> None:
    """Make the server's view of the world, and move there."""
    root = "/proc"  # it is everywhere, and nothing that is shown lies below it
    seal.begin(root, order["hide"], "mode=755,size=1m")
    seal.show(root, order["read"])
    for path in seal.names_of(order["own"]):
        seal.expose(root, path)
    seal.settings(root, [])
    os.mkdir(root + seal.EMPTY)  # noqa: PTH102
    # What is imported ahead sees a terminal, as it would in a sample.
    os.mkdir(f"{root}/dev/pts")  # noqa: PTH102
    flags = kernel.MS_NOSUID | kernel.MS_NOEXEC
    kernel.mount("devpts", f"{root}/dev/pts", "devpts", flags, "newinstance,ptmxmode=0666")
    os.symlink("pts/ptmx", f"{root}/dev/ptmx")  # noqa: PTH211
    kernel.make_read_only(f"{root}/tmp", below=False)  # noqa: S108
    # For whoever is sealed in here to set what is its own; there is nothing else that it could.
    seal.end(root, order["hide"], 0)


def _keep(order: dict[str, Any], control: socket.socket) -> int:
    """Start the server, and wait until it has ended or should have; gives the exit code."""
    server = os.fork()
    if server == 0:
        try:
            _become(order, control)
        except OSError as error:
            _refused(control, error)
        os._exit(1)
    close_all_but(0, 1, 2, control.fileno())
    watch = select.poll()
    watch.register(control, select.POLLRDHUP)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    deadline = None
    while deadline is None or time.monotonic() < deadline:
        if _ended(server):
            return 0
        if watch.poll(50 if deadline else 250) and deadline is None:
            watch.unregister(control)
            deadline = time.monotonic() + FAREWELL_S
    return 0


def _ended(server: int) -> bool:
    """Whether a child has ended; reaps the others, which it has left."""
    while True:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid in {0, server}:
            return pid == server


def _become(order: dict[str, Any], control: socket.socket) -> None:
    die_with_parent()
    if os.geteuid() == 0:
        kernel.bound()
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    close_all_but(0, 1, 2, control.fileno())
    for limit in LIMITS:
        seal.limit(limit)
    os.chdir("/")
    kernel.drop_privileges()
    refuse(SERVER)
    control.set_inheritable(True)
    argv = [*order["argv"], str(control.fileno()), *order["preload"]]
    os.execve(argv[0], argv, order["env"])
