"""The few system calls that Python does not have. Linux and the standard library only.

Source: the manual pages unshare(2), mount(2), mount_setattr(2), pivot_root(2), capabilities(7),
prctl(2), seccomp(2), keyctl(2), rtnetlink(7), packet(7).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
# Looked up before any fork: each run would look them up again.
for _name in (
    *("capset", "inotify_add_watch", "inotify_init1"),
    *("mount", "prctl", "syscall", "umount2", "unshare"),
):
    getattr(LIBC, _name)

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2

PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
CAPABILITY_VERSION_3 = 0x20080522

MOUNT_SETATTR = 442
"""The same on every architecture (Linux 5.12)."""


class Numbers:
    """A processor's own numbers (syscalls(2), linux/audit.h)."""

    def __init__(self, architecture: int, pivot_root: int, keyctl: int) -> None:
        self.architecture = architecture
        self.pivot_root = pivot_root
        self.keyctl = keyctl


NUMBERS = {
    "x86_64": Numbers(0xC000003E, 155, 250),
    "aarch64": Numbers(0xC00000B7, 41, 219),
    "riscv64": Numbers(0xC00000F3, 41, 219),
}
JOIN_SESSION_KEYRING = 1

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
LOOPBACK = 1
"""The index of `lo` in every network namespace."""
RTM_NEWROUTE, NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 24, 1, 4, 0x400
RT_TABLE_LOCAL, RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL, RTA_OIF = 255, 4, 254, 2, 4


def checked(result: int, call: str) -> None:
    """Turn a system call's failure into an error.

    Raises:
        OSError: With the call's name in the file's place.
    """
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), call)


def numbers() -> Numbers:
    """The numbers of this machine's processor.

    Raises:
        OSError: It is none that is known here.
    """
    machine = os.uname().machine
    found = NUMBERS.get(machine)
    if found is None:
        raise OSError(errno.ENOSYS, "unknown processor", machine)
    return found


def unshare(flags: int) -> None:
    """Enter new namespaces."""
    checked(LIBC.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or bind what is somewhere else."""
    arguments = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags))
    checked(LIBC.mount(*arguments, data.encode() or None), f"mount {target}")


def make_read_only(target: str, *, below: bool = True) -> None:
    """Make a mount read-only, and all mounts below it unless told otherwise."""
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    flags = AT_RECURSIVE if below else 0
    path, size = target.encode(), len(attributes)
    result = LIBC.syscall(MOUNT_SETATTR, AT_FDCWD, path, flags, attributes, size)
    checked(result, "mount_setattr")


def lay_over(source: str, nothing: str, target: str) -> None:
    """Mount a folder as a layer of its own, read-only: the same files, with other inodes (overlayfs).

    Args:
        source: The folder.
        nothing: An empty folder: a layer lies on another.
        target: Where it is mounted.
    """
    # By descriptors, since a path may hold what parts the options.
    layers = [os.open(path, os.O_PATH | os.O_DIRECTORY) for path in (nothing, source)]
    try:
        lower = ":".join(f"/proc/self/fd/{number}" for number in layers)
        mount("overlay", target, "overlay", MS_RDONLY | MS_NOSUID, f"lowerdir={lower}")
    finally:
        for number in layers:
            os.close(number)


def inotify() -> int:
    """A descriptor on which files tell what happens to them (inotify(7))."""
    descriptor = int(LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    checked(min(descriptor, 0), "inotify_init1")
    return descriptor


def watch_folder(inotify: int, folder: str, events: int) -> int:
    """Have a folder tell of events; gives the number under which it does."""
    number = int(LIBC.inotify_add_watch(inotify, os.fsencode(folder), events))
    checked(min(number, 0), f"inotify {folder}")
    return number


def become_root_folder(folder: str) -> None:
    """Make a mount the root of everything, and forget what was."""
    os.chdir(folder)
    checked(LIBC.syscall(numbers().pivot_root, b".", b"."), "pivot_root")
    checked(LIBC.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def drop_privileges() -> None:
    """Give up every capability, for good: nothing that is executed gets any."""
    checked(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    bound()
    header, none = struct.pack("Ii", CAPABILITY_VERSION_3, 0), struct.pack("6I", 0, 0, 0, 0, 0, 0)
    checked(LIBC.capset(header, none), "capset")
    # Or its own /proc would not be its own.
    checked(LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def bound() -> None:
    """Have nothing that is executed get any capability, if this process may decide that."""
    capability = 0
    while LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1


def forget_keys() -> None:
    """Take an empty session keyring in place of the user's (keyrings(7))."""
    # Where this is refused, it is refused to a sample as well.
    LIBC.syscall(numbers().keyctl, JOIN_SESSION_KEYRING, None)


def raise_loopback() -> None:
    """Switch `lo` on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = bytearray(struct.pack("16sh14x", b"lo", 0))
        fcntl.ioctl(probe, SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def route_everything_here() -> None:
    """Route every address to `lo`, so that each attempt to reach one is seen there and ends there.

    Raises:
        OSError: The kernel refused a route.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        route = struct.pack(
            "BBBBBBBBI", family, 0, 0, 0, RT_TABLE_LOCAL, RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL, 0
        )
        route += struct.pack("HHI", 8, RTA_OIF, LOOPBACK)
        flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
        message = struct.pack("IHHII", 16 + len(route), RTM_NEWROUTE, flags, 1, 0) + route
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
            netlink.send(message)
            (error,) = struct.unpack_from("i", netlink.recv(4096), 16)
        if error and family == socket.AF_INET:  # a kernel without IPv6 has nothing to route
            raise OSError(-error, os.strerror(-error), "rtnetlink")
