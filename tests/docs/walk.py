"""Reads Markdown as a reader does, and does what it says.

A fence with `title="PATH"` in its info string is a file to write. One after a line that ends with
"to `PATH`, under `LINE`:" is put there. A `console` fence has commands after `$ `, each followed by
what it prints; a line `…` stands for any lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ruamel.yaml import YAML

from harness.pages.quickstart import MESSAGES
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.model.project import Project

FENCE = re.compile(
    r"(?:to `(?P<into>[^`\n]+)`, under `(?P<under>[^`\n]+)`:\n\n)?"
    r'^```(?P<language>\S*)(?: title="(?P<file>\S+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
NOT_TAKEN = {".git", ".hypothesis", "build", "dist"}
CELL = re.compile(r"\S+/\S+ +(?:pass|fail|error)\b")


class Block(NamedTuple):
    """One fence."""

    language: str
    file: str
    text: str
    under: str = ""
    """The line of the file after which it goes; if none is named, it is the file."""


class Call(NamedTuple):
    """A command, and what it is said to print."""

    command: str
    output: str


def blocks(text: str, language: str = "") -> list[Block]:
    """Every fence of a page, or those of one language."""
    found = [
        Block(one["language"], one["file"] or one["into"] or "", one["text"], one["under"] or "")
        for one in FENCE.finditer(text)
    ]
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

    def __init__(
        self, root: Path, copy: Callable[[Path], Path], project: Project, folder: Path
    ) -> None:
        """Copy the project's own files into an empty folder: what pages speak of, and no more.

        Args:
            root: The project's.
            copy: Copies its samples.
            project: What is copied of it.
            folder: Takes it.
        """
        state = made_state(root)
        for trouble in prepare_all(project.clients.values(), root, state, print).values():
            assert not isinstance(trouble, Exception), trouble
        copy(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        self.folder = folder
        self.makefile = (root / "Makefile").read_text("utf-8")

    def take_the_rest(self, root: Path, project: Project) -> None:
        """All else that a clone has: documents, tests, and what both speak of."""
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "quickstart.*.md")
        for name in ("docs", "tests"):
            shutil.copytree(root / name, self.folder / name, ignore=ignored)
        for path in (self.folder / MESSAGES).iterdir():
            keep_messages(path, project)
        for path in root.iterdir():
            place = self.folder / path.name
            if path.name in NOT_TAKEN or place.exists():
                continue
            if path.is_dir():
                place.symlink_to(path)
            else:
                shutil.copy(path, place)  # git follows no link to what it reads

    def test(self) -> tuple[int, str]:
        """Run those of its tests that can notice how it has grown; the exit code and the output."""
        plugin = "of_project"
        subprocess.run(["git", "init", "--quiet"], cwd=self.folder, check=True)
        subprocess.run(["git", "add", "--all"], cwd=self.folder, check=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", plugin, "-p", "no:cacheprovider", "tests"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "tests/docs")},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def do(self, block: Block) -> None:
        """Write the block's file, or run its commands and see that they print what it says."""
        path = self.folder / block.file
        if block.under:
            lines = path.read_text("utf-8").splitlines(keepends=True)
            (place,) = (n for n, line in enumerate(lines, start=1) if line.strip() == block.under)
            path.write_text("".join([*lines[:place], block.text, *lines[place:]]), "utf-8")
        elif block.file:
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "console":
            for call in calls(block.text):
                printed, said = self.run(call.command)
                assert prints(call.output, printed), f"$ {call.command}\n{printed}{said}"

    def run(self, command: str) -> tuple[str, str]:
        """What a command prints, and what it says on standard error: that depends on the machine."""
        # In a copy, `make` would install everything anew; so what it runs in the end is run.
        if command.startswith("make "):
            command = recipe(self.makefile, command.removeprefix("make "))
        path = [part for part in os.get_exec_path() if not Path(part).is_relative_to(sys.prefix)]
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={
                "PATH": os.pathsep.join(path),
                "HOME": str(self.folder.parent),
                "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"],
                "LANG": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout, done.stderr


def keep_messages(path: Path, project: Project) -> None:
    """Leave out the messages that are for other clients and scenarios."""
    yaml = YAML()
    data = yaml.load(path)
    for messages, known in (
        (data["messages"]["scenarios"], project.scenarios),
        (data["messages"]["install"]["clients"], project.clients),
    ):
        for name in set(messages) - set(known):
            del messages[name]
    yaml.dump(data, path)


def recipe(makefile: str, target: str) -> str:
    """The commands of a target of the Makefile."""
    found = re.search(rf"^{target}:.*\n((?:\t@.+\n)+)\n", makefile, re.MULTILINE)
    assert found, f"{target} is no target whose commands are each in a line"
    commands = [line.removeprefix("\t@") for line in found[1].splitlines()]
    return " && ".join(commands).replace("$(BIN)", ".venv/bin")
