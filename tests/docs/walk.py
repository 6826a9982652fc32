"""Reads Markdown as a reader does, and does what it says.

A fence with `title="PATH"` in its info string is a file to write. A `console` fence has commands after
`$ `, each followed by what it prints; a line `…` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.toolchain.ready import prepare_all
from harness.toolchain.state import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.project import Project

FENCE = re.compile(r'^```(\S*)(?: title="(\S+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
CELL = re.compile(r"\S+/\S+ +(?:pass|fail|error)\b")


class Block(NamedTuple):
    """One fence."""

    language: str
    file: str
    text: str


class Call(NamedTuple):
    """A command, and what it is said to print."""

    command: str
    output: str


def blocks(text: str, language: str = "") -> list[Block]:
    """Every fence of a page, or those of one language."""
    found = [Block(*match.groups(default="")) for match in FENCE.finditer(text)]
    return [block for block in found if language in ("", block.language)]


def calls(text: str) -> Iterator[Call]:
    """The commands of a `console` fence."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        yield Call(*part.split("\n", 1))


def shape(text: str) -> str:
    """An output without what differs from run to run: times, and which sample is done first."""
    text = re.sub(r" +\d+\.\d\d s$", " N s", text, flags=re.MULTILINE)
    text = re.sub(
        r"^(\d+ samples?: )(.*)$",
        lambda found: found[1] + ", ".join(sorted(found[2].split(", "))),
        text,
        flags=re.MULTILINE,
    )
    units = re.split(r"\n(?! {4})", text)  # what explains a sample stays with it
    cells = iter(sorted(unit for unit in units if CELL.match(unit)))
    return "\n".join(next(cells) if CELL.match(unit) else unit for unit in units)


def prints(said: str, printed: str) -> bool:
    """Whether an output has the shape that a page says it has."""
    lines = shape(said).splitlines(keepends=True)
    pattern = "".join("(?s:.*?)" if line == "…\n" else re.escape(line) for line in lines)
    return re.fullmatch(pattern, shape(printed)) is not None


class Clone:
    """A copy of the project in which a reader may do anything; what was installed is shared."""

    def __init__(self, root: Path, project: Project, folder: Path) -> None:
        """Copy the project's own files into an empty folder."""
        state = state_folder(root)
        for trouble in prepare_all(project.clients.values(), root, state, print).values():
            assert not isinstance(trouble, Exception), trouble
        ignored = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(root / "samples", folder / "samples", ignore=ignored)
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / ".harness").mkdir()
        for name in ("node", "python"):
            if (state / name).is_dir():
                (folder / ".harness" / name).symlink_to(state / name)
        self.folder = folder
        self.recipe = recipe(root / "Makefile", "test-samples")

    def do(self, block: Block) -> None:
        """Write the block's file, or run its commands and see that they print what it says."""
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "console":
            for call in calls(block.text):
                printed, said = self.run(call.command)
                assert prints(call.output, printed), f"$ {call.command}\n{printed}{said}"

    def run(self, command: str) -> tuple[str, str]:
        """What a command prints, and what it says on standard error: that depends on the machine."""
        # In a copy, `make` would install everything anew; so what it runs in the end is run.
        command = self.recipe if command == "make test-samples" else command
        path = [part for part in os.get_exec_path() if not Path(part).is_relative_to(sys.prefix)]
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={
                "PATH": os.pathsep.join(path),
                "HOME": str(self.folder / ".harness"),
                "LANG": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout, done.stderr


def recipe(makefile: Path, target: str) -> str:
    """The one command that a target of the Makefile ends with."""
    found = re.search(rf"^{target}:.*\n\t@(.+)\n\n", makefile.read_text(), re.MULTILINE)
    assert found, f"{target} is not a target with one command"
    return found[1].replace("$(BIN)", ".venv/bin")
