"""The folders of one call's runs, which vanish with the call."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from harness.model import private
from harness.toolchain.state import locked

PREFIX = "call-"
"""Of the names of calls' folders: nothing else is ever removed."""


class Folders:
    """A private folder for each run of one call.

    The call holds a lock on the folder around them, which the system lifts when the call dies,
    however it does. A process id would not do: it soon is another process's.
    """

    def __init__(self, around: Path) -> None:
        """Make room for runs, and remove what calls that were killed have left.

        Args:
            around: Where all calls have their folders.

        Raises:
            HarnessError: It is not this user's alone.
            OSError: It cannot be written.
        """
        private.make(around)
        with locked(around / "lock"):
            for left in around.iterdir():
                if left.name.startswith(PREFIX):
                    _remove_if_left(left)
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=around.resolve()))
            self._held = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
            fcntl.flock(self._held, fcntl.LOCK_SH)
        self._numbers = itertools.count(1)

    def new(self) -> Path:
        """A new folder for one run: its home, with `work` and `tmp` in it."""
        home = self._folder / str(next(self._numbers))
        (home / "work").mkdir(parents=True)
        (home / "tmp").mkdir()
        return home

    def discard(self, home: Path) -> None:
        """Remove a run's folder: thousands of runs must not leave thousands."""
        shutil.rmtree(home, ignore_errors=True)

    def close(self) -> None:
        """Remove them all."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._held)


def _remove_if_left(folder: Path) -> None:
    """Remove a call's folder unless the call still holds it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return  # its call has just removed it, or it is none
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(handle)
