"""A scenario, from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.model.loader import load, near, violations
from harness.model.problem import Problem
from harness.model.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from harness.model.client import Client
    from harness.model.loader import Loaded
    from harness.model.operation import Operation

NAME = re.compile(r"[a-z][a-z0-9_]*")


def scenario(
    path: Path,
    name: str,
    operations: dict[str, Operation],
    clients: dict[str, Client],
    problems: list[Problem],
    broken: Collection[str] = (),
) -> Scenario | None:
    """A scenario, from its file, held against its operation and every client's reserved names."""
    before = len(problems)
    problems.extend(_name_problems(path.stem, name, clients))
    loaded = load(path, name, "scenario", problems)
    if loaded is None:
        return None
    wanted = loaded.find(("operation",), str)
    if wanted in operations:
        problems.extend(_scenario_problems(loaded, operations[wanted]))
    elif wanted is not None and wanted not in broken:
        hint = near(wanted, list(operations)) or f"known: {', '.join(operations)}"
        problems.append(loaded.problem(("operation",), "there is no such operation", hint))
    if len(problems) > before:
        return None
    return msgspec.convert({**loaded.data, "name": path.stem, "file": name}, Scenario)


def _name_problems(stem: str, file: str, clients: dict[str, Client]) -> list[Problem]:
    if not NAME.fullmatch(stem):
        message = (
            f"expected a file name of a–z, 0–9 and _, beginning with a letter; received {stem!r}"
        )
        return [Problem(file=file, message=message)]
    return [
        Problem(
            file=file,
            message=f"a {client.title} sample named {stem}{client.suffix} would shadow the module {stem!r}",
            hint="give the scenario's file another name",
        )
        for client in clients.values()
        if stem in client.reserved
    ]


def _scenario_problems(loaded: Loaded, kind: Operation) -> list[Problem]:
    problems = []
    for index in range(len(loaded.find(("messages",), list) or [])):
        role = loaded.find(("messages", index, "role"), str)
        if role is not None and role not in kind.roles:
            roles = ", ".join(f'"{role}"' for role in kind.roles)
            problems.append(
                loaded.problem(
                    ("messages", index, "role"),
                    f'expected one of {roles}; received "{role}"',
                    near(role, list(kind.roles)),
                )
            )
    for name in loaded.find(("parameters",), dict) or {}:
        place = ("parameters", name)
        if name in kind.parameters:
            problems.extend(violations(loaded, kind.parameters[name], place, foreign=True))
        else:
            hint = near(name, list(kind.parameters)) or f"known: {', '.join(kind.parameters)}"
            problems.append(loaded.problem(place, f"{kind.name} has no such parameter", hint))
    return problems
