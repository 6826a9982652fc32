"""What we wrote last, by checksum: a file that is not as we left it is somebody's work.

The checksums are committed beside the samples, so that any clone can tell. `sha256sum --check` reads
them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

from harness.model.files import replace
from harness.render.generated import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "samples/generated.sha256"

LINE = re.compile(r"^([0-9a-f]{64}) [ *](.+)$", re.MULTILINE)


class Written:
    """The files of a project that we wrote, as we left them."""

    def __init__(self, root: Path) -> None:
        """Read the checksums. Of a file with several, as after a merge, each counts.

        Args:
            root: The project's.

        Raises:
            HarnessError: They cannot be read.
        """
        self._root = root
        self._text = (read(root / FILE, root) or b"").decode("utf-8", "replace")
        self._lines = {(path, digest) for digest, path in LINE.findall(self._text)}

    def holds(self, path: str, content: bytes) -> bool:
        """Whether we wrote these bytes there.

        Args:
            path: From the project's root.
            content: What is there.
        """
        return (path, _digest(content)) in self._lines

    def why(
        self, path: str, content: bytes | None
    ) -> Literal["missing", "differs", "line ends", "by hand"]:
        """Why a file is not what it should be.

        Args:
            path: From the project's root.
            content: What is there; `None` if nothing is.
        """
        if content is None:
            return "missing"
        if b"\r\n" in content and self.holds(path, content.replace(b"\r\n", b"\n")):
            return "line ends"
        return "differs" if self.holds(path, content) else "by hand"

    def note(self, contents: Mapping[str, bytes]) -> None:
        """Remember what we wrote; what is there no more is forgotten.

        Args:
            contents: By path from the project's root.

        Raises:
            HarnessError: The checksums cannot be written.
        """
        others = {
            one for one in self._lines if one[0] not in contents and (self._root / one[0]).exists()
        }
        self._lines = others | {(path, _digest(content)) for path, content in contents.items()}
        text = "".join(f"{digest}  {path}\n" for path, digest in sorted(self._lines))
        if text != self._text:
            replace(self._root / FILE, text.encode(), self._root)
            self._text = text


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
