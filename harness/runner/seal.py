"""The seal of one run: namespaces in which there is nothing but the sample and the gateway.

A warden enters them before it starts its sample. There is no network but `lo`, to which every
address leads, and where the gateway's sockets listen; no file but those it is given, read-only,
and an empty home in memory; no process but its own; no capability. The sockets are made in here and
handed out to the gateway, which stays outside. Standard library only.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import stat

from harness.runner import kernel
from harness.runner.ports import PORTS
from harness.runner.refusals import refuse
from harness.runner.shown import HIDDEN, SETTINGS, SYSTEM
from harness.runner.watch import watch

TYPE_CHECKING = False  # to import `typing` takes a third of a starter's start
if TYPE_CHECKING:
    from typing import Any

HELD = (b"VmRSS:", b"VmSwap:", b"VmPTE:")
"""What a process holds: kilobytes, in its `status`."""

DEVICES = ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
# Followed before any fork: each run would follow these links again.
LINKED = (
    *((os.path.realpath(path), path) for path in (*SETTINGS, *DEVICES)),
    # It reads the same; a mapping of /dev/zero is memory that no process shows.
    ("/dev/full", "/dev/zero"),
)

HOME_BYTES = 64 * 1024 * 1024
HOME_FILES = 10_000
"""Files and folders in each folder in memory: the kernel needs a kilobyte for each."""
LIMITS = {
    resource.RLIMIT_FSIZE: HOME_BYTES,
    resource.RLIMIT_DATA: 4 * 1024**3,
    resource.RLIMIT_NPROC: 512,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_MEMLOCK: 8 * 1024**2,
    resource.RLIMIT_MSGQUEUE: 64 * 1024,
    resource.RLIMIT_SIGPENDING: 1024,
}
"""For each process of a sealed sample; memory as RLIMIT_DATA, since runtimes reserve far more than they
use. It does not count what is shared, so all of a run's processes together are watched as well."""
IN_MEMORY = f"mode=700,size={HOME_BYTES},nr_inodes={HOME_FILES}"
SHARED_FOLDERS = ("/tmp", "/dev/shm")  # noqa: S108

SOCKET_BYTES = 1024**2
"""What a socket counts for: no buffer of its says how full it is, but together they hold no more."""
SOCKETS = {
    "ipv4/tcp_rmem": "4096 131072 524288",
    "ipv4/tcp_wmem": "4096 16384 524288",
    "unix/max_dgram_qlen": "4",
}
"""Below `/proc/sys/net`, and the network namespace's own: so that they hold no more than that."""

OWN_PID_MAX = (6, 14)
RESERVED_PIDS = 300
"""Numbers that the kernel gives once only."""


NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWIPC
)
EMPTY = "/.empty"
"""A folder in a fork server's view, where none of the outside's folders is there to build in."""


def enter(user: int, group: int, *, last: bool = True) -> None:
    """Enter new namespaces. The next child of this process is the first process in there.

    Args:
        user: Who this process is in there; what it may do outside does not change.
        group: Its group in there.
        last: Whether none can be made in there: in a namespace of its own a sample would have
            capabilities again.

    Raises:
        OSError: The kernel, or whoever set it up, refuses.
    """
    outside = os.geteuid(), os.getegid()
    kernel.unshare(NAMESPACES)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{user} {outside[0]} 1")
    write("/proc/self/gid_map", f"{group} {outside[1]} 1")
    kernel.forget_keys()
    if last:
        write("/proc/sys/user/max_user_namespaces", "0")


def write(path: str, text: str) -> None:
    """Write a file: a new one, or a setting of the kernel's."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def furnish(order: dict[str, Any]) -> list[int]:
    """Make the world inside, and live in it. Called by the first process there.

    Args:
        order: `home`, an empty folder outside; `read`, what may be read; `own`, folders of the
            project; `hide`, of which nothing else is; `files`, as they were read; `hosts`, names that
            lead to the gateway.

    Returns:
        Descriptors for the gateway: its listeners, and last the socket that sees every attempt.

    Raises:
        OSError: The kernel refuses something.
    """
    _few_processes()
    sockets = _network()
    _files(order)
    return sockets


def _few_processes() -> None:
    """Limit how many there can be in here, whoever starts them.

    RLIMIT_NPROC does not hold root. Only since Linux 6.14 is this setting each namespace's own:
    before, it was the whole machine's.
    """
    major, minor, *_ = os.uname().release.replace("-", ".").split(".")
    if (int(major), int(minor)) >= OWN_PID_MAX:
        write("/proc/sys/kernel/pid_max", str(RESERVED_PIDS + LIMITS[resource.RLIMIT_NPROC]))


def _network() -> list[int]:
    kernel.raise_loopback()
    kernel.route_everything_here()
    opened = []
    for name, value in SOCKETS.items():
        write(f"/proc/sys/net/{name}", value)
    for port in PORTS:
        listener = socket.socket()
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        opened.append(listener.detach())
    opened.append(watch().detach())
    return opened


def _files(order: dict[str, Any]) -> None:
    """Build a root folder in memory, where `home` is, and move into it."""
    home = order["home"]
    root = home if os.path.isdir(home) else EMPTY  # noqa: PTH112
    begin(root, order["hide"])
    show(root, order["read"])
    for path in names_of(order["own"]):
        lay(root, path)
    for file in order["files"]:
        _put(root, **file)
    settings(root, order["hosts"])
    _memory(f"{root}/dev/shm", IN_MEMORY)  # noqa: S108
    _memory(f"{root}{home}", IN_MEMORY)
    for folder in ("work", "tmp"):
        os.mkdir(f"{root}{home}/{folder}")  # noqa: PTH102
    # Where the harness runs as root, the sample owns the kernel's settings in there.
    end(root, order["hide"], kernel.MS_RDONLY)


def begin(root: str, hide: list[str], shared: str = IN_MEMORY) -> None:
    """Begin a root folder in memory, with what every one has of the system.

    Args:
        root: Where.
        hide: Folders of which nothing is seen but what is shown later, wherever they are.
        shared: What its /tmp is like.
    """
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    _memory(root, "mode=755,size=1m")
    # First, so that what lies below it can still be shown.
    _memory(f"{root}/tmp", shared)  # noqa: S108
    _make(f"{root}/proc")
    for path in SYSTEM:
        _show(root, path)
    for path in HIDDEN:
        if os.path.isdir(root + path):  # noqa: PTH112
            _cover(root, root + path)
    for path in hide:
        if os.path.isdir(root + path):  # noqa: PTH112
            _memory(root + path, "mode=755,size=1m")
    # A folder before what is in it: that is seen with it then.
    for source, path in LINKED:
        _show(root, source, path)


def show(root: str, read: list[str]) -> None:
    """Let files and folders be seen, read-only, by their names and by their real ones."""
    real = {path: os.path.realpath(path) for path in read}
    for path in sorted({*real, *real.values()}):
        # By either name: links lead from one to the other.
        _show(root, real.get(path, path), path)


def end(root: str, hide: list[str], flags: int) -> None:
    """Complete a root folder with a /proc, mounted with these flags, and move into it."""
    for path in hide:
        if os.path.isdir(root + path):  # noqa: PTH112
            kernel.make_read_only(root + path, below=False)
    flags |= kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", f"{root}/proc", "proc", flags)
    kernel.make_read_only(root, below=False)
    kernel.become_root_folder(root)


def names_of(folders: list[str]) -> list[str]:
    """By which names folders are seen: links lead from one to the other."""
    return sorted({*folders, *map(os.path.realpath, folders)})


def lay(root: str, path: str) -> None:
    """Let a folder be seen by a layer of its own, so that what this run opens in it can be told.

    What is hidden in it by its name, such as `.env`, `.npmrc` or `.git`, is empty there.
    """
    # The empty folder is one that stays: of layers that are gone, nothing is listed.
    source, target, nothing = os.path.realpath(path), root + path, f"{root}/proc"
    if not os.path.isdir(source):  # noqa: PTH112
        return
    _make(target)
    try:
        kernel.lay_over(source, nothing, target)
    except OSError:  # not on this file system: then others that open it are noted too
        expose(root, path)
    else:
        _cover_hidden(root, target)


def expose(root: str, path: str) -> None:
    """Let a folder be seen as it is, but for what is hidden in it."""
    source, target = os.path.realpath(path), root + path
    if not os.path.isdir(source):  # noqa: PTH112
        return
    _make(target)
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.make_read_only(target)
    _cover_hidden(root, target)


def _cover_hidden(root: str, folder: str) -> None:
    for name in os.listdir(folder):  # noqa: PTH208
        if name.startswith("."):
            try:
                _cover(root, f"{folder}/{name}")
            except FileNotFoundError:
                continue  # it has just been removed


def _cover(root: str, target: str) -> None:
    """Let nothing be seen in a folder, or of a file."""
    kind = os.lstat(target).st_mode
    if stat.S_ISLNK(kind):
        return  # it leads to what is shown, or nowhere
    source = f"{root}/proc" if stat.S_ISDIR(kind) else os.devnull
    kernel.mount(source, target, flags=kernel.MS_BIND)
    kernel.make_read_only(target, below=False)


def _put(root: str, path: str, data: bytes, mode: int) -> None:
    """Let these bytes be seen at a path, read-only, whatever stands there now or later."""
    copy = f"{root}/tmp/sample"  # noqa: S108
    with open(copy, "xb") as file:  # noqa: PTH123
        file.write(data)
        os.fchmod(file.fileno(), mode)
    for name in names_of([path]):
        target = root + name
        if os.path.islink(target):  # noqa: PTH114
            continue  # it leads to the other
        if not os.path.lexists(target):
            if os.path.isdir(os.path.dirname(target)):  # noqa: PTH112, PTH120
                raise FileNotFoundError(errno.ENOENT, "it was removed before it ran", name)
            _make(os.path.dirname(target))  # noqa: PTH120
            os.close(os.open(target, os.O_CREAT, 0o644))
        kernel.mount(copy, target, flags=kernel.MS_BIND)
        kernel.make_read_only(target, below=False)
    os.unlink(copy)  # noqa: PTH108


def _memory(target: str, options: str) -> None:
    _make(target)
    kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


def _make(folder: str) -> None:
    """Make a folder and those that it lies in, unless it is there."""
    try:
        os.mkdir(folder)  # noqa: PTH102
    except FileExistsError:
        return
    except FileNotFoundError:
        _make(os.path.dirname(folder))  # noqa: PTH120
        os.mkdir(folder)  # noqa: PTH102


def _show(root: str, source: str, name: str | None = None) -> None:
    """Let something of the outside be seen inside, read-only, by the same name."""
    target = root + (name or source)
    if os.path.lexists(target):
        return  # it is in a folder that is shown already
    try:
        kind = os.lstat(source).st_mode
    except FileNotFoundError:
        return
    _make(os.path.dirname(target))  # noqa: PTH120
    if stat.S_ISLNK(kind):
        os.symlink(os.readlink(source), target)  # noqa: PTH115, PTH211
        return
    if stat.S_ISDIR(kind):
        os.mkdir(target)  # noqa: PTH102
    else:
        os.close(os.open(target, os.O_CREAT, 0o644))
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.make_read_only(target)


def settings(root: str, hosts: list[str]) -> None:
    """Write what programs look up in /etc: nothing of the machine's own."""
    user, group = os.geteuid(), os.getegid()
    texts = {
        "hosts": "".join(f"127.0.0.1 {name}\n" for name in ("localhost", *hosts)),
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "passwd": f"reader:x:{user}:{group}::/:/bin/sh\n",
        "group": f"readers:x:{group}:\n",
    }
    for name, text in texts.items():
        write(f"{root}/etc/{name}", text)
    links = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
    for name, target in links.items():
        os.symlink(target, f"{root}/dev/{name}")  # noqa: PTH211


def held(home: str) -> int:
    """Bytes of memory that this run holds; what several of its processes share counts for each.

    Source: proc(5); a process's page tables can be larger than what they tell of.

    Args:
        home: The folder in memory beside those that every run has.
    """
    kilobytes = 0
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            for line in _read(f"/proc/{name}/status").splitlines():
                if line.startswith(HELD):
                    kilobytes += int(line.split()[1])
    files = sum(map(_used, (home, *SHARED_FOLDERS)))
    used, *_ = _read("/proc/net/sockstat").splitlines()
    return kilobytes * 1024 + files + int(used.split()[-1]) * SOCKET_BYTES


def _read(path: str) -> bytes:
    """A file of the kernel's; empty if its process has ended."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


def _used(folder: str) -> int:
    """Bytes that a file system holds."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def said(error: OSError) -> str:
    """A refusal in words."""
    if error.filename == "unshare" and error.errno == errno.ENOSPC:  # unshare(2)
        return "no user namespaces are allowed"
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def give_up() -> None:
    """What a sample must not have, just before it starts."""
    for kind in LIMITS:
        limit(kind)
    kernel.drop_privileges()
    refuse()


def limit(kind: int) -> None:
    """Limit this process in one way."""
    ceiling = resource.getrlimit(kind)[1]
    most = LIMITS[kind]
    value = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
    resource.setrlimit(kind, (value, value))
