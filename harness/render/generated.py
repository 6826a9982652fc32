"""A file that we make and people commit: read and compared."""

from __future__ import annotations

import errno
from difflib import unified_diff
from typing import TYPE_CHECKING

from harness.model import files
from harness.model.folder import RefusedError
from harness.model.problem import HarnessError, InvalidError, Problem

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, within: Path) -> bytes | None:
    """A file's bytes; `None` if it is not there.

    Args:
        path: The file.
        within: The root that it is in.

    Raises:
        InvalidError: It leads out of its root, is no plain file, or is too large.
        HarnessError: It cannot be read.
    """
    try:
        return files.read(path, within)
    except FileNotFoundError:
        return None
    except RefusedError as error:
        message = f"cannot be read: {error.strerror}"
        problem = Problem(file=str(path), message=message, hint=error.hint)
        raise InvalidError([problem]) from error
    except OSError as error:
        permissions = error.errno in {errno.EACCES, errno.EPERM}
        remedy = "mend its permissions, or remove it" if permissions else "remove it"
        raise HarnessError(f"{path} cannot be read: {error.strerror}", remedy) from error


def difference(path: str, old: bytes | None, new: bytes) -> str:
    """From what is there to what should be, as a unified diff.

    Args:
        path: The file's, from the project's root.
        old: What is there; `None` if nothing is.
        new: What should be.
    """
    before, after = "/dev/null" if old is None else f"a/{path}", f"b/{path}"
    return "".join(unified_diff(_lines(old or b""), _lines(new), before, after))


def _lines(content: bytes) -> list[str]:
    """The lines as a terminal can show them; what it would swallow is spelled."""
    text = content.decode("utf-8", "backslashreplace").replace("\r", "\\r")
    lines = [f"{line}\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        return lines[:-1]
    lines[-1] += "\\ No newline at end of file\n"
    return lines
