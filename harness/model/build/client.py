"""A client, from its folder."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import files
from harness.model.client import Client
from harness.model.loader import load
from harness.model.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from harness.model.loader import Loaded

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Of a client: it begins the names of its samples, which are typed and stand in reports."""

RUN_WORDS = {"python": {"python"}, "node": {"node"}, "programs": set[str]()}


def client(folder: Path, name: str, problems: list[Problem]) -> Client | None:
    """A client, from its folder."""
    before = len(problems)
    if not NAME.fullmatch(folder.name):
        message = "expected a folder name of letters, digits, '.', '_' and '-'"
        problems.append(Problem(file=name, message=message))
    loaded = load(folder / "client.yaml", f"{name}/client.yaml", "client", problems)
    if loaded is None or len(problems) > before:
        return None
    data: dict[str, Any] = dict(loaded.data)
    data |= data.pop("answer")
    template = _beside(folder, loaded, ("template",), problems)
    reserved = _beside(folder, loaded, ("reserved",), problems) if "reserved" in data else ""
    if "lock" in data["toolchain"]:
        _beside(folder, loaded, ("toolchain", "lock"), problems)
    _check_run(loaded, problems)
    _check_spellings(loaded, problems)
    retry = _retry(loaded, problems)
    if len(problems) > before:
        return None
    data |= {
        "template": template,
        "template_file": f"{name}/{loaded.data['template']}",
        "retry": retry,
        "reserved": (reserved or "").split(),
    }
    return msgspec.convert({**data, "name": folder.name, "file": loaded.file}, Client)


def _beside(
    folder: Path, loaded: Loaded, place: tuple[str, ...], problems: list[Problem]
) -> str | None:
    """The text of a file that `client.yaml` names."""
    name: Any = loaded.data
    for step in place:
        name = name[step]
    try:
        text = files.read(folder / name, folder.parent.parent).decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        problems.append(loaded.problem(place, f"the file {name} cannot be read: {reason}"))
        return None
    return text


def _retry(loaded: Loaded, problems: list[Problem]) -> dict[str, Any]:
    """The rule for asking again, its ranges of statuses spelt out."""
    data = dict(loaded.data.get("retry", {}))
    lists = ("statuses", "with_retry_after")
    if data and not any(map(data.get, lists)):
        message = "the key 'statuses' or 'with_retry_after' is missing"
        hint = "after which statuses does it ask again?"
        problems.append(loaded.problem(("retry",), message, hint))
    if data.get("with_retry_after") and not data.get("heeds"):
        hint = "which headers say how long to wait?"
        problems.append(loaded.problem(("retry",), "the key 'heeds' is missing", hint))
    for name in lists:
        found: set[int] = set()
        for index, one in enumerate(data.get(name, [])):
            first, _, last = str(one).partition("-")
            span = range(int(first), int(last or first) + 1)
            if not span:
                message = f"expected a range from a lower status to a higher one; received {one}"
                problems.append(loaded.problem(("retry", name, index), message))
            found.update(span)
        data[name] = found
    return data


def _check_run(loaded: Loaded, problems: list[Problem]) -> None:
    toolchain = loaded.data["toolchain"]
    if toolchain["kind"] != "programs" and "lock" not in toolchain:
        problems.append(
            loaded.problem(
                ("toolchain",), "the key 'lock' is missing: the file that pins the packages"
            )
        )
    programs = {program["name"] for program in toolchain.get("programs", [])}
    known = {"sample"} | RUN_WORDS[toolchain["kind"]] | programs
    for index, argument in enumerate(loaded.data["run"]):
        for word in _placeholders(argument):
            if word not in known:
                problems.append(
                    loaded.problem(
                        ("run", index),
                        f"there is no {{{word}}} here",
                        f"known: {', '.join(f'{{{name}}}' for name in sorted(known))}",
                    )
                )


def _placeholders(argument: str) -> list[str]:
    try:
        return [word for _, word, _, _ in Formatter().parse(argument) if word is not None]
    except ValueError:
        return [argument]


def _check_spellings(loaded: Loaded, problems: list[Problem]) -> None:
    last = -1
    for index, other in enumerate(loaded.data["literals"]["string"].get("others", [])):
        place = ("literals", "string", "others", index)
        if other["up_to"] <= last:
            problems.append(
                loaded.problem((*place, "up_to"), f"expected more than {last}, the one before")
            )
        last = other["up_to"]
        try:
            other["form"].format(1, 2, 3)
        except (ValueError, IndexError, KeyError) as error:
            problems.append(
                loaded.problem(
                    (*place, "form"), f"expected a format of {{0}}, {{1}}, {{2}}: {error}"
                )
            )
