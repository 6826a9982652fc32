"""The terminal of one run: what a reader would see, piece by piece, and standard error apart."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import termios

from harness.model.problem import HarnessError

ROWS, COLUMNS = 24, 80
DRAIN_S = 0.5
"""How long to wait for the rest of the output after a run has ended."""
OUTPUT_LIMIT = 8 * 1024 * 1024
"""Bytes of output, beyond which a run is ended."""

REMEDY = "mount /dev/pts: mount -t devpts devpts /dev/pts"
"""For a system that gives no pseudo-terminal."""


class Stream:
    """Bytes as they come from a descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.data = bytearray()
        self.flooded = asyncio.Event()
        self._descriptor = descriptor
        self._changed = asyncio.Event()
        self._closed = False
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    @property
    def ended(self) -> bool:
        """Whether nothing more can come."""
        return self._closed

    def _read(self) -> None:
        try:
            piece = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # what a terminal says when nobody has it open any more
                raise
            piece = b""
        if len(self.data) + len(piece) > OUTPUT_LIMIT:
            self.flooded.set()
            piece = b""
        self.data += piece
        if not piece:
            self.close()
        self._changed.set()

    async def contains(self, text: bytes, timeout_s: float) -> bool:
        """Whether a text is there, within some seconds."""
        searched = 0  # or a flood would be searched again with each piece of it
        try:
            async with asyncio.timeout(timeout_s):
                while (found := self.data.find(text, searched)) < 0 and not self._closed:
                    searched = max(0, len(self.data) - len(text))
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            found = self.data.find(text, searched)
        return found >= 0

    async def drain(self, timeout_s: float) -> None:
        """Wait for the end, within some seconds; then stop reading."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._closed:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self.close()

    def close(self) -> None:
        """Stop reading."""
        if not self._closed:
            self._closed = True
            self._changed.set()
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)


class Terminal:
    """A pseudo-terminal of 24 × 80 for standard output, and a pipe for standard error."""

    def __init__(self) -> None:
        """Open both.

        Raises:
            HarnessError: The system gives no pseudo-terminal.
            OSError: It opens no more files.
        """
        try:
            inlet, self.outlet = os.openpty()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                raise
            raise HarnessError(
                f"no pseudo-terminal can be opened: {error.strerror}",
                REMEDY,
            ) from error
        fcntl.ioctl(self.outlet, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        mode = termios.tcgetattr(self.outlet)
        mode[1] &= ~termios.OPOST  # or "\n" would arrive as "\r\n"
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(self.outlet, termios.TCSANOW, mode)
        try:
            error_inlet, self.error_outlet = os.pipe()
        except OSError:
            os.close(inlet)
            os.close(self.outlet)
            raise
        self.output = Stream(inlet)
        self.errors = Stream(error_inlet)

    @property
    def flooded(self) -> bool:
        """Whether there was too much to read."""
        return self.output.flooded.is_set() or self.errors.flooded.is_set()

    def started(self) -> None:
        """The sample has its ends now; ours are closed, so that its end can be seen."""
        for descriptor in (self.outlet, self.error_outlet):
            if descriptor >= 0:
                os.close(descriptor)
        self.outlet = self.error_outlet = -1

    async def drain(self) -> None:
        """Take what is left after the run has ended."""
        await self.output.drain(DRAIN_S)
        await self.errors.drain(DRAIN_S)

    def close(self) -> None:
        """Close everything."""
        self.started()
        self.output.close()
        self.errors.close()
