"""The seal of one run: namespaces in which there is nothing but the sample and the gateway.

A warden enters them before it starts its sample. There is no network but `lo`, to which every
address leads, and where the gateway's sockets listen; no file but those it is given, read-only,
and an empty home in memory; no process but its own; no capability. The sockets are made in here and
handed out to the gateway, which stays outside. Standard library only.
"""

from __future__ import annotations

import os
import resource
import socket
import stat
from typing import Any

from harness.runner import kernel
from harness.runner.ports import PORTS
from harness.runner.watch import watch

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")

HOME_BYTES = 64 * 1024 * 1024
LIMITS = {
    resource.RLIMIT_FSIZE: HOME_BYTES,
    resource.RLIMIT_DATA: 4 * 1024**3,
    resource.RLIMIT_NPROC: 512,
    resource.RLIMIT_NOFILE: 1024,
}
"""For each process of a sealed sample; memory as RLIMIT_DATA, since runtimes reserve far more than they use."""


def enter() -> None:
    """Enter new namespaces. The next child of this process is the first process in there.

    Raises:
        OSError: The kernel, or whoever set it up, refuses.
    """
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(
        kernel.CLONE_NEWUSER
        | kernel.CLONE_NEWNET
        | kernel.CLONE_NEWNS
        | kernel.CLONE_NEWPID
        | kernel.CLONE_NEWIPC
    )
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    # In a namespace of its own a sample would have capabilities again.
    _write("/proc/sys/user/max_user_namespaces", "0")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def furnish(order: dict[str, Any]) -> list[int]:
    """Make the world inside, and live in it. Called by the first process there.

    Args:
        order: `home`, an empty folder outside; `read`, what may be read; `hosts`, names that lead
            to the gateway.

    Returns:
        Descriptors for the gateway: its listeners, and last the socket that sees every attempt.

    Raises:
        OSError: The kernel refuses something.
    """
    sockets = _network()
    _files(order["home"], order["read"], order["hosts"])
    return sockets


def _network() -> list[int]:
    kernel.raise_loopback()
    kernel.route_everything_here()
    opened = []
    for port in PORTS:
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        opened.append(listener.detach())
    opened.append(watch().detach())
    return opened


def _files(home: str, read: list[str], hosts: list[str]) -> None:
    """Build a root folder in memory, where `home` is, and move into it."""
    root = home
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    _memory(root, "mode=755,size=1m")
    # First, so that what lies below it can still be shown.
    _memory(f"{root}/tmp", f"mode=700,size={HOME_BYTES}")  # noqa: S108
    for path in SYSTEM:
        _show(root, path)
    # A folder before what is in it: that is seen with it then.
    for path in (*SETTINGS, *DEVICES):
        _show(root, os.path.realpath(path), path)
    for path in sorted({*read, *map(os.path.realpath, read)}):
        _show(
            root, os.path.realpath(path), path
        )  # by either name: links lead from one to the other
    _settings(root, hosts)
    _memory(f"{root}/dev/shm", f"mode=700,size={HOME_BYTES}")  # noqa: S108
    _memory(f"{root}{home}", f"mode=700,size={HOME_BYTES}")
    for folder in ("work", "tmp"):
        os.mkdir(f"{root}{home}/{folder}")  # noqa: PTH102
    os.mkdir(f"{root}/proc")  # noqa: PTH102
    # Read-only: where the harness runs as root, the sample owns the kernel's settings in there.
    flags = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", f"{root}/proc", "proc", flags)
    kernel.make_read_only(root, below=False)
    kernel.become_root_folder(root)


def _memory(target: str, options: str) -> None:
    os.makedirs(target, exist_ok=True)  # noqa: PTH103
    kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


def _show(root: str, source: str, name: str | None = None) -> None:
    """Let something of the outside be seen inside, read-only, by the same name."""
    target = root + (name or source)
    if os.path.lexists(target):
        return  # it is in a folder that is shown already
    try:
        kind = os.lstat(source).st_mode
    except FileNotFoundError:
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
    if stat.S_ISLNK(kind):
        os.symlink(os.readlink(source), target)  # noqa: PTH115, PTH211
        return
    if stat.S_ISDIR(kind):
        os.mkdir(target)  # noqa: PTH102
    else:
        os.close(os.open(target, os.O_CREAT, 0o644))
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.make_read_only(target)


def _settings(root: str, hosts: list[str]) -> None:
    user, group = os.geteuid(), os.getegid()
    texts = {
        "hosts": "".join(f"127.0.0.1 {name}\n" for name in ("localhost", *hosts)),
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "passwd": f"reader:x:{user}:{group}::/:/bin/sh\n",
        "group": f"readers:x:{group}:\n",
    }
    for name, text in texts.items():
        with open(f"{root}/etc/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
    links = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
    for name, target in links.items():
        os.symlink(target, f"{root}/dev/{name}")  # noqa: PTH211


def said(error: OSError) -> str:
    """A refusal in words."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def give_up() -> None:
    """What a sample must not have, just before it starts."""
    for limit, most in LIMITS.items():
        ceiling = resource.getrlimit(limit)[1]
        value = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(limit, (value, value))
    kernel.drop_privileges()
