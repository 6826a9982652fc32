"""Imports a client's library as a sample would, and tells what that does beside importing.

A program that the samples' own Python runs in the place of a sample. It imports nothing that a fresh
interpreter does not have, or it would not see the library's imports as they are. What it found goes
to standard output, behind a mark; whatever else is there, the library wrote. Standard library only.
The harness adds two lines: what it is given, and a call of `look`.
"""

from __future__ import annotations

import _thread
import builtins
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    GIVEN: dict[str, Any] = {}
    """`mark`; `modules` to import; `read`, folders and files that may be read, each with a slash at its
    end; `differs`, the variables that are each run's own; `proc`, whether there is a /proc."""

NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostby", "socket.send")
PROGRAMS = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.")
FILES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate")
READS = ("open", "os.listdir", "os.scandir")
WATCHES = ("sys.addaudithook", "sys.settrace", "sys.setprofile", "builtins.input")

signals = __import__("_signal")  # `signal` itself would import more
found: list[str] = []
looking = [True]
replaced: list[tuple[Any, str, Any]] = []


def tell(what: str) -> None:
    """Note something, once."""
    if looking and what not in found:
        found.append(what)


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Look at what the interpreter tells (PEP 578)."""
    if not looking or (arguments and "__pycache__" in str(arguments[0])):
        return  # what the interpreter compiles it keeps by itself
    if event.startswith(NETWORK):
        tell("reaches for the network")
    elif event.startswith(PROGRAMS):
        tell("starts a program")
    elif event.startswith(FILES):
        tell("changes files")
    elif event in WATCHES:
        tell(f"calls {event}")
    elif event in READS and isinstance(arguments[0], (str, bytes)):
        path = os.fsdecode(arguments[0])
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE:
            tell(f"writes {path}")
        elif not f"{path}/".startswith(tuple(GIVEN["read"])):
            tell(f"reads {path}")


class Environment(dict[bytes, bytes]):
    """Tells who looks at what differs from run to run."""

    def __getitem__(self, name: bytes) -> bytes:
        """A variable."""
        if os.fsdecode(name) in GIVEN["differs"]:
            tell(f"looks at {os.fsdecode(name)} in the environment")
        return dict.__getitem__(self, name)

    def __iter__(self) -> Iterator[bytes]:
        """All variables."""
        tell("looks at the whole environment")
        return dict.__iter__(self)


def note(owner: Any, name: str, what: str, *, unless_standard: bool = False) -> None:
    """Have a function tell that it was called, unless the standard library did so for itself."""
    real = getattr(owner, name, None)
    if real is None:
        return

    def call(*arguments: Any, **named: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "").partition(".")[0]  # noqa: SLF001
        if not (unless_standard and caller in sys.stdlib_module_names):
            tell(what)
        return real(*arguments, **named)

    setattr(owner, name, call)
    replaced.append((owner, name, real))


def state() -> dict[str, Any]:
    """What belongs to the whole process, by name."""
    proc = GIVEN["proc"]
    variables: Any = vars(os.environ)["_data"]
    return {
        "the environment": dict(dict.items(variables)),
        "the working directory": os.readlink("/proc/self/cwd") if proc else "",  # noqa: PTH115
        "signal handlers": [signals.getsignal(number) for number in signals.valid_signals()],
        "the standard streams": [sys.stdin, sys.stdout, sys.stderr],
        "how modules are found": [*sys.path, *sys.meta_path, *sys.path_hooks],
        "hooks of the interpreter": [
            *(sys.excepthook, sys.displayhook, sys.unraisablehook, sys.breakpointhook),
            *(sys.gettrace(), sys.getprofile(), *gc.callbacks),
        ],
        "settings of the interpreter": [
            *(sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold()),
            os.umask(0o022),
        ],
        "built-in names": {name: id(value) for name, value in vars(builtins).items()},
        "what threads there are": [
            _thread._count(),  # noqa: SLF001
            _names("/proc/self/task") if proc else [],
        ],
        "what files are open": _names("/proc/self/fd") if proc else [],
    }


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208


def look() -> None:
    """Import the modules, and tell."""
    before = state()
    for name in ("getcwd", "getcwdb"):
        note(os, name, "looks at the working directory")
    note(os, "getpid", "looks at its process id")
    for name in ("start_new_thread", "start_joinable_thread"):
        note(_thread, name, "starts a thread")
    note(os, "register_at_fork", "asks to be told of forks", unless_standard=True)
    environ = vars(os.environ)
    environ["_data"] = Environment(environ["_data"])
    sys.addaudithook(audit)
    for module in GIVEN["modules"]:
        __import__(module)
    looking.clear()
    for owner, name, real in replaced:
        setattr(owner, name, real)
    after = state()
    found.extend(f"changes {name}" for name, was in before.items() if after[name] != was)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.write(1, f"{GIVEN['mark']}{found!r}\n".encode())
