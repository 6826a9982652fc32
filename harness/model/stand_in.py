"""What stands for a client or a scenario that cannot be read, so that its cells have their verdict."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from harness.model import files
from harness.model.client import Brackets, Client, Literals, StringRule, Toolchain
from harness.model.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

NOTHING = Brackets(open="", close="")


def client(folder: Path, file: str, scenarios: Collection[str]) -> Client:
    """A client of which only the name is known, and how its samples' names end.

    Args:
        folder: Its folder.
        file: Its `client.yaml`, as the user would type it.
        scenarios: The names of scenarios, and so of samples.
    """
    names = map(PurePath, files.names(folder, folder.parent.parent))
    samples = [name for name in names if name.stem in scenarios]
    return Client(
        name=folder.name,
        file=file,
        title=folder.name,
        library="",
        suffix=samples[0].suffix if samples else "",
        template="",
        fences=(),
        install="",
        toolchain=Toolchain(kind="programs"),
        run=(),
        trust=(),
        literals=Literals(
            string=StringRule(open="", close="", escapes={}),
            true="",
            false="",
            null="",
            list=NOTHING,
            object=NOTHING,
        ),
        response="text",
        stream="text",
        error="stderr",
    )


def scenario(name: str, file: str, operation: str) -> Scenario:
    """A scenario of which only the name is known."""
    return Scenario(name=name, file=file, operation=operation, title=name, summary="", messages=())
