"""A starter that is the samples' own Python, with their library imported ahead.

A child of it becomes the sample without starting an interpreter: it gets the sample's environment,
streams and arguments, runs the file as `__main__`, and ends as an interpreter ends. Standard
library only, and nothing of it is in the sample's sight.
"""

from __future__ import annotations

import builtins
import gc
import io
import os
import signal
import socket
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from harness.runner import process_name, starter, wire
from harness.runner.shelf import Recorder, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable


def serve(control: int, recorder: Recorder, fresh: Iterable[str]) -> None:
    """Take orders until the harness is gone; in a child, be the sample."""
    gc.collect()
    gc.freeze()  # or the process that waits for each child would copy what the collector touches
    channel = socket.socket(fileno=control)
    # In a fork the same is done with the sample's own.
    able = process_name.set_words(sys.orig_argv, os.environ) or sys.platform != "linux"
    wire.report(channel, {"unready": "" if able else "the kernel lets no process name itself"})
    order = starter.serve(channel, execute=False)
    if order is None:
        os._exit(0)  # to take all that was imported apart takes as long as a short sample
    gc.unfreeze()
    sys.path.insert(0, "")
    _be(order, Shelf(recorder, fresh, "harness"))


def _be(order: dict[str, Any], shelf: Shelf) -> None:
    """Be a sample: the last thing that this process does.

    Raises:
        SystemExit: As the sample, or an error in it, ends the interpreter.
    """
    path = order["argv"][-1]
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120
    os.environ.clear()
    os.environ.update(order["env"])
    process_name.set_words(order["argv"], order["env"])
    sys.argv = [path]
    sys.orig_argv = list(order["argv"])
    sys.path[0] = folder
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    _open_streams()
    shelf.open(os.listdir(folder))  # noqa: PTH208
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    vars(main).update(__builtins__=builtins, __annotations__={}, __cached__=None)
    sys.modules["__main__"] = main
    try:
        code = _compiled(path)
        exec(code, vars(main))  # noqa: S102
    except SystemExit:
        raise
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _show_error()
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001
        _show_error()
        raise SystemExit(1) from None


def _compiled(path: str) -> CodeType:
    """A file's code. One that has none is left to a real interpreter, which says best what is wrong."""
    try:
        with open(path, "rb") as file:
            return compile(file.read(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OSError):
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execve(sys.executable, sys.orig_argv, dict(os.environ))


def _show_error() -> None:
    """Show an error as the interpreter would, without the frames below the sample's."""
    kind, value, trace = sys.exc_info()
    trace = trace.tb_next if trace else None
    if kind is not None and value is not None:
        sys.excepthook(kind, value.with_traceback(trace), trace)


def _open_streams() -> None:
    """Open the standard streams anew, as the interpreter opens them at its start (pylifecycle.c)."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        mode = "w" if number else "r"
        buffer = open(number, f"{mode}b", closefd=False)  # noqa: SIM115
        raw: Any = getattr(buffer, "raw", buffer)
        raw.name = f"<{name}>"
        stream: Any = io.TextIOWrapper(
            buffer,
            encoding=old.encoding,
            errors=old.errors,
            newline="\n" if number else None,
            line_buffering=number == 2 or raw.isatty(),  # noqa: PLR2004
        )
        stream.mode = mode
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
