"""Standard streams that nothing breaks: what is done does not depend on who is still listening.

A reader that has seen enough, as `head` has, a terminal that was closed, and a stream that was
never open change neither what is written elsewhere nor the exit code. A full disk does: what was
to be kept there is not.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING

from harness.model.escape import log
from harness.model.redactor import redacted

if TYPE_CHECKING:
    from typing import TextIO

    from typing_extensions import Buffer

STANDARD = (0, 1, 2)

DEAF = {errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO}
"""What the system says where nobody listens any more."""


class Outlet(io.RawIOBase):
    """A file descriptor that takes everything; after the first failure it keeps none of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.fault: OSError | None = None
        """Why nothing more is written."""

    def write(self, data: Buffer, /) -> int:
        """Write what can be written; the rest is as good as written."""
        view = memoryview(data)
        while self.fault is None:
            try:
                return os.write(self._descriptor, view)
            except BlockingIOError:  # another program that has this pipe does not want to wait
                select.select([], [self._descriptor], [])
            except OSError as error:
                self.fault = error
        return view.nbytes

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """Whether a terminal shows what is written."""
        return os.isatty(self._descriptor)

    def fileno(self) -> int:
        """The descriptor, by which a terminal's size is found."""
        return self._descriptor


class Streams:
    """Standard output and error of this program."""

    def __init__(self) -> None:
        """Take them over. What is closed is opened, or the next file would be in its place."""
        for number in STANDARD:
            try:
                os.fstat(number)
            except OSError:
                descriptor = os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
                os.set_inheritable(descriptor, True)
        self._outlets = (Outlet(1), Outlet(2))
        sys.stdout, sys.stderr = (
            _text(outlet, stream)
            for outlet, stream in zip(self._outlets, (sys.stdout, sys.stderr), strict=True)
        )

    def finish(self) -> str:
        """Write what is still to be written; says what was lost, if anybody wanted it."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for outlet in self._outlets:
            if outlet.fault is not None and outlet.fault.errno not in DEAF:
                return str(outlet.fault.strerror)
        return ""


class Guarded(io.TextIOWrapper):
    """A stream of text in which nothing is obeyed, whoever writes: click, a warning, a traceback."""

    def write(self, text: str, /) -> int:
        """Write text of whatever origin."""
        super().write(log(redacted(text)))
        return len(text)

    def write_as_is(self, text: str) -> None:
        """Write what is safe already, and has colours: `harness.printer` alone may."""
        super().write(text)


def _text(outlet: Outlet, stream: TextIO | None) -> TextIO:
    """A stream of text, as the interpreter makes one; no character is too much for it."""
    return Guarded(
        io.BufferedWriter(outlet),
        encoding=stream.encoding if stream else "utf-8",
        errors="backslashreplace",
        line_buffering=outlet.isatty() or outlet.fileno() == 2,  # noqa: PLR2004
    )
