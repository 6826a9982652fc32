"""Where the suite's tests make samples that are not the project's own, and run them side by side."""

from __future__ import annotations

import asyncio
import copy
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from ruamel.yaml import YAML

from harness.model.project import open_project
from harness.model.recording import EVENT_STREAM, Response, likely_chunks
from harness.outcome import Outcome, Parity, compare
from harness.render.sample import render
from harness.runner.stage import Stage
from harness.suite import run_cell
from harness.toolchain.cache import made_state
from harness.toolchain.ready import prepare_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model.cell import Cell
    from harness.report.line import Line
    from harness.runner.stage import Isolation
    from harness.toolchain.ready import Ready

TESTS = Path(__file__).parent.parent
MINIATURES = TESTS / "miniatures"
AT_ONCE = 6
"""More than there are cores: many miniatures do nothing but wait to be found out."""


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sample with a few words changed, as `wrong.yaml` and `different.yaml` tell it."""

    name: str
    client: str = "plain"
    scenario: str = "question"
    error: str = ""
    """What answers it in place of the scenario's recording, from `errors.yaml` or `withheld.yaml`."""
    then: bool = False
    """Whether the scenario's recording answers what is asked again."""
    replace: dict[str, str] = {}
    append: str = ""
    encoding: str = "utf-8"
    line_end: str = "\n"
    limit_s: float | None = None
    sealed: bool = False
    """Whether it takes a sealed run to tell."""
    check: str = ""
    says: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """A name for files."""
        return self.name.lower().replace(" ", "-")

    def apply(self, text: str) -> str:
        """The changed sample; what is to be replaced must be there once, or nothing is proved."""
        for old, new in self.replace.items():
            assert text.count(old) == 1, f"{self.name}: {text.count(old)} times: {old!r}"
            text = text.replace(old, new)
        return text + (self.append.rstrip("\n") + "\n" if self.append else "")


def variants(path: Path) -> list[Variant]:
    """The variants that a file tells."""
    found = msgspec.convert(YAML(typ="safe", pure=True).load(path), list[Variant])
    assert len({one.slug for one in found}) == len(found)
    return found


def errors(file: str = "errors.yaml") -> dict[str, Response]:
    """By name: answers that are errors, or withheld."""
    found = YAML(typ="safe", pure=True).load(MINIATURES / file)
    return {name: _response(**one) for name, one in found.items()}


def _response(
    status: int,
    reason: str,
    type: str,  # noqa: A002
    body: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    pairs = (("content-type", type), *(headers or {}).items())
    return Response(
        status=status,
        reason=reason,
        headers=pairs,
        framing="chunked" if type == EVENT_STREAM else "length",
        body=body.encode(),
        chunks=likely_chunks(pairs, body.encode()),
    )


def answered(cell: Cell, *responses: Response) -> Cell:
    """A cell whose recording holds other answers."""
    first = cell.recording.exchanges[0]
    exchanges = tuple(msgspec.structs.replace(first, response=one) for one in responses)
    return msgspec.structs.replace(
        cell, recording=msgspec.structs.replace(cell.recording, exchanges=exchanges)
    )


class Judged(msgspec.Struct, frozen=True):
    """What the suite says of one variant, run beside a client that does right."""

    outcome: Outcome
    parity: Parity

    @property
    def named(self) -> set[str]:
        """Every check that found something."""
        return {one.check for one in (*self.outcome.findings, *self.parity.findings)}

    @property
    def said(self) -> str:
        """All that a user is told."""
        findings = (*self.outcome.findings, *self.parity.findings)
        return "\n".join(f"{one.message}\n{one.expected}\n{one.received}" for one in findings)


class Workshop:
    """A project in a folder of its own, whose samples a test may change."""

    def __init__(
        self,
        root: Path,
        toolchains: Mapping[str, Ready] | None = None,
        *,
        seal: bool = True,
        isolation: Isolation = "process",
    ) -> None:
        """Open a project; without toolchains, what it needs is looked up or installed."""
        self.root = root
        self.project = open_project(root)
        state = made_state(root)
        if toolchains is None:
            toolchains = prepare_all(self.project.clients.values(), root, state, print)
        self.toolchains = toolchains
        hosts = [self.project.catalog.endpoint.host]
        self.stage = Stage(root, state, toolchains, seal=seal, hosts=hosts, isolation=isolation)
        self.stage.authority.prepare(hosts)

    def cell(self, client: str, scenario: str, /, **changes: Any) -> Cell:
        """A cell of the project, changed."""
        cells = self.project.cells()
        found = next(c for c in cells if (c.client.name, c.scenario.name) == (client, scenario))
        return msgspec.structs.replace(found, **changes)

    def make(self, cell: Cell, folder: str, variant: Variant | None = None) -> Cell:
        """Render a cell into a folder of its own, beside what its client needs."""
        text = render(cell)
        home = self.root / "samples" / cell.client.name / folder
        home.mkdir(exist_ok=True)
        for name, target in self.stage.ready(cell).beside.items():
            if not (home / name).is_symlink():
                (home / name).symlink_to(target)
        path = home / Path(cell.path).name
        told = variant or Variant(name="")
        path.write_text(told.apply(text), told.encoding, newline=told.line_end)
        return msgspec.structs.replace(
            cell, id=f"{cell.id}#{folder}", path=path.relative_to(self.root).as_posix()
        )

    def run(
        self, cells: Iterable[Cell], limits: Mapping[str, float] | None = None
    ) -> list[Outcome]:
        """Run cells side by side, in one event loop; limits are by the cell's identity."""
        return asyncio.run(self._run(list(cells), limits or {}))

    async def _run(self, cells: list[Cell], limits: Mapping[str, float]) -> list[Outcome]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(cell: Cell) -> Outcome:
            stage = copy.copy(self.stage)
            stage.limit_s = limits.get(cell.id, stage.limit_s)
            async with turn:
                return await run_cell(cell, stage, self.project.damage(cell))

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(cell)) for cell in cells]
        return [task.result() for task in tasks]

    def judge(self, variants: Iterable[Variant], right: str) -> dict[str, Judged]:
        """Run variants, and hold each against a sample of the same scenario that does right."""
        chosen = list(variants)
        cells = [self.make(self._cell(v), v.slug, v) for v in chosen]
        limits = {cell.id: v.limit_s for cell, v in zip(cells, chosen, strict=True) if v.limit_s}
        names = list(dict.fromkeys(v.scenario for v in chosen))
        others = [self.make(self.cell(right, name), "right") for name in names]
        outcomes = self.run([*others, *cells], limits)
        beside = dict(zip(names, outcomes, strict=False))
        return {
            v.name: Judged(outcome, compare([beside[v.scenario], outcome]))
            for v, outcome in zip(chosen, outcomes[len(names) :], strict=True)
        }

    def _cell(self, variant: Variant) -> Cell:
        cell = self.cell(variant.client, variant.scenario)
        if not variant.error:
            return cell
        responses = [(errors() | errors("withheld.yaml"))[variant.error]]
        if variant.then:
            responses.append(cell.recording.exchanges[-1].response)
        return answered(cell, *responses)

    def close(self) -> None:
        """End what runs."""
        self.stage.close()


def without_run(lines: Iterable[Line]) -> list[Line]:
    """A report's lines without what differs from run to run."""
    return [{name: value for name, value in one.items() if name != "run"} for one in lines]


def command(*arguments: object, project: Path, **changes: str) -> subprocess.Popen[str]:
    """Starts the command line as a user would, with nothing of this process's environment."""
    names = ("PATH", "HOME", "SSL_CERT_FILE", "SAMPLEPROOF_CACHE_DIR")
    environment = {name: os.environ[name] for name in names if name in os.environ} | changes
    return subprocess.Popen(
        [sys.executable, "-m", "harness", *map(str, arguments), "--project", str(project)],
        cwd=TESTS.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def call(*arguments: object, project: Path, **changes: str) -> tuple[int, str, str]:
    """Exit code, output and standard error of the command line."""
    with command(*arguments, project=project, **changes) as process:
        output, said = process.communicate(timeout=120)
    return process.returncode, output, said


def copy_project(source: Path, target: Path) -> Path:
    """A project's samples in another place, with no state."""
    shutil.copytree(source / "samples", target / "samples", symlinks=True)
    return target


def own_cache(folder: Path, toolchains: Mapping[str, Ready]) -> Path:
    """A cache folder of its own, with copies of what was installed for some clients.

    Args:
        folder: Becomes that; it is not there.
        toolchains: What those clients need.
    """
    common = Path(os.environ["SAMPLEPROOF_CACHE_DIR"])
    for path in {path for ready in toolchains.values() for path in ready.installed}:
        shutil.copytree(path, folder / Path(path).relative_to(common), symlinks=True)
    folder.chmod(0o700)
    return folder
