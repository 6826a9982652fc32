"""A project: a root folder with `samples/` in it, read whole, with every problem collected."""

from __future__ import annotations

import errno
import os
import shlex
from fnmatch import fnmatch
from typing import TYPE_CHECKING, TypeVar

import msgspec

from harness.model import files
from harness.model.catalog import Catalog
from harness.model.cell import Cell, cell_id
from harness.model.client import Client
from harness.model.loader import read
from harness.model.operation import Operation
from harness.model.problem import InvalidError, Problem
from harness.model.recording import Recording
from harness.model.root import MARK
from harness.model.scenario import Scenario
from harness.model.usable import shortcomings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

T = TypeVar("T")

ENDING = "expected a file name that ends in .yaml"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a project's files say."""

    catalog: Catalog
    operations: dict[str, Operation]
    clients: dict[str, Client]
    scenarios: dict[str, Scenario]
    recordings: dict[str, Recording]
    unusable: dict[str, Recording]
    """Those that can be read, and prove nothing: see `damaged`."""
    damaged: dict[str, tuple[Problem, ...]]
    """By scenario: why its recording cannot be used. Other scenarios still run."""
    broken: dict[str, tuple[Problem, ...]] = {}
    """By file: why a client or a scenario cannot be read, where others are to run all the same."""
    marks: dict[str, tuple[int, ...]] = {}
    """By path: what told each file from another when they were read; empty if nobody noted it."""

    def cells(self, models: Iterable[str] = ()) -> Iterator[Cell]:
        """Every cell of the matrix, for the default model unless others are named."""
        default = self.catalog.default_model
        for model in models or (default,):
            for scenario in self.scenarios.values():
                for client in self.clients.values():
                    yield Cell(
                        id=cell_id(client.name, scenario.name, model, default),
                        client=client,
                        scenario=scenario,
                        operation=self.operations[scenario.operation],
                        endpoint=self.catalog.endpoint,
                        model=model,
                        recording=self.recordings.get(scenario.name),
                        path=f"samples/{client.name}/{scenario.name}{client.suffix}",
                        committed=model == default,
                    )

    def damage(self, cell: Cell) -> tuple[Problem, ...]:
        """Why a cell cannot run: first of all, what of it cannot be read."""
        for file in (cell.client.file, cell.scenario.file):
            if file in self.broken:
                return self.broken[file]
        return self.damaged.get(cell.scenario.name, ())


def open_project(root: Path, *, tolerant: bool = False) -> Project:
    """Read a project.

    Args:
        root: Its root.
        tolerant: Whether a client or a scenario that cannot be read keeps only its own cells from
            running; something else then stands in its place, see `broken`.

    Raises:
        InvalidError: With every problem of every file but the recordings, whose problems concern
            only the cells that they answer.
    """
    from harness.model import build, stand_in

    problems: list[Problem] = []
    samples = root / "samples"
    catalog = build.catalog(root / MARK, str(MARK), problems)
    operations = _each(samples / "operations", build.operation, problems)
    # A scenario is not to blame for an operation that cannot be read.
    unread = _stems(samples / "operations") - set(operations)
    clients: dict[str, Client] = {}
    for folder in _client_folders(samples, problems):
        client = build.client(folder, f"samples/{folder.name}", problems)
        if client is not None:
            clients[client.name] = client
    if not clients and not problems:
        problems.append(Problem(file="samples", message="no folder here has a client.yaml"))

    def scenario(path: Path, name: str, problems: list[Problem]) -> Scenario | None:
        return build.scenario(path, name, operations, clients, problems, unread)

    scenarios = _each(samples / "scenarios", scenario, problems)
    broken: dict[str, tuple[Problem, ...]] = {}
    if problems and tolerant and clients and scenarios:
        broken = _by_file(problems, samples)
    if catalog is None or (problems and not broken):
        raise InvalidError(problems)
    recordings, unusable, damaged = _recordings(samples / "recordings", scenarios, operations)
    for path in sorted(root / file for file in broken):
        if path.name == "client.yaml":
            names = _stems(samples / "scenarios")
            file = f"samples/{path.parent.name}/client.yaml"
            clients[path.parent.name] = stand_in.client(path.parent, file, names)
        else:
            file = f"samples/scenarios/{path.name}"
            scenarios[path.stem] = stand_in.scenario(path.stem, file, next(iter(operations)))
    return Project(
        catalog=catalog,
        operations=operations,
        clients=dict(sorted(clients.items())),
        scenarios=dict(sorted(scenarios.items())),
        recordings=recordings,
        unusable=unusable,
        damaged=damaged,
        broken=broken,
    )


def _client_folders(samples: Path, problems: list[Problem]) -> list[Path]:
    """The folders of clients. None is passed over in silence because it cannot be looked into."""
    found = []
    for name in _names(samples, "samples", problems):
        if name[0] == "." or name in {"operations", "scenarios"}:
            continue
        names = _names(samples / name, f"samples/{name}", problems)
        if "client.yaml" in names:
            found.append(samples / name)
        elif "client.yml" in names:
            problems.append(Problem(file=f"samples/{name}/client.yml", message=ENDING))
    return found


def _names(folder: Path, name: str, problems: list[Problem]) -> list[str]:
    """What is in a folder, in order; nothing if it is none."""
    try:
        names = files.names(folder, files.above(folder, name))
        if not os.access(folder, os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except NotADirectoryError:
        return []
    except OSError as error:
        message = f"cannot be looked into: {error.strerror}"
        problems.append(Problem(file=name, message=message))
        return []
    return names


def _stems(folder: Path) -> set[str]:
    """The names of YAML files, which may say anything."""
    ignored: list[Problem] = []
    return {
        name.removesuffix(".yaml")
        for name in _names(folder, f"samples/{folder.name}", ignored)
        if name.endswith(".yaml")
    }


def _by_file(problems: Iterable[Problem], samples: Path) -> dict[str, tuple[Problem, ...]]:
    """Problems by the client or scenario that they are of; none if one is of anything else."""
    found: dict[str, tuple[Problem, ...]] = {}
    for one in problems:
        path = samples.parent / one.file
        is_client = path.name == "client.yaml" and path.parent.parent == samples
        is_scenario = path.parent == samples / "scenarios" and path.suffix == ".yaml"
        if not is_client and not is_scenario:
            return {}
        found[one.file] = (*found.get(one.file, ()), one)
    return found


def _each(
    folder: Path, read: Callable[[Path, str, list[Problem]], T | None], problems: list[Problem]
) -> dict[str, T]:
    """Every YAML file of a folder, by name."""
    place, before = f"samples/{folder.name}", len(problems)
    names = _names(folder, place, problems) if os.path.lexists(folder) else []
    paths = [folder / name for name in names if fnmatch(name, "*.y*ml")]
    if not paths and len(problems) == before:
        message = "expected at least one .yaml file here; found none"
        problems.append(Problem(file=place, message=message))
    found: dict[str, T] = {}
    for path in paths:
        name = f"{place}/{path.name}"
        if path.suffix != ".yaml":
            problems.append(Problem(file=name, message=ENDING))
        elif (value := read(path, name, problems)) is not None:
            found[path.stem] = value
    return found


def _recordings(
    folder: Path, scenarios: dict[str, Scenario], operations: dict[str, Operation]
) -> tuple[dict[str, Recording], dict[str, Recording], dict[str, tuple[Problem, ...]]]:
    from harness.model import build

    recordings: dict[str, Recording] = {}
    unusable: dict[str, Recording] = {}
    damaged: dict[str, tuple[Problem, ...]] = {}
    for name, scenario in scenarios.items():
        problems: list[Problem] = []
        path = folder / f"{name}.yaml"
        file = f"samples/recordings/{path.name}"
        if not path.exists():
            make = f"sampleproof record --endpoint NAME --scenario {shlex.quote(name)}"
            hint = f"make it with: {make} (see docs/guides/record.md)"
            damaged[name] = (Problem(file=file, message="this file is missing", hint=hint),)
            continue
        recording = build.recording(path, file, problems)
        if recording is not None:
            found = list(shortcomings(recording, scenario, operations[scenario.operation]))
            if loaded := read(path, file, problems) if found else None:
                problems += [loaded.problem(*one) for one in found]
        if problems:
            damaged[name] = tuple(problems)
        if recording is not None:
            (unusable if problems else recordings)[name] = recording
    return recordings, unusable, damaged
