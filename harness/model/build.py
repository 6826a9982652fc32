"""From loaded files to the project's values, with the rules that no schema can say."""

from __future__ import annotations

import base64
import binascii
import re
from string import Formatter
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model.catalog import ANY, Catalog
from harness.model.client import Client
from harness.model.loader import load, near, violations
from harness.model.operation import Operation
from harness.model.problem import Problem
from harness.model.recording import (
    ChunkMark,
    Exchange,
    Provenance,
    Recording,
    Response,
    checksum,
    likely_chunks,
)
from harness.model.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from harness.model.loader import Loaded

UNKNOWN = "unknown"
"""In place of chunks that nobody noted."""

NAME = re.compile(r"[a-z][a-z0-9_]*")
KINDS = {"model": "models", "endpoint": "endpoints", "tier": "limits"}
"""By what a name in the catalogue means: the key under which it stands."""

RUN_WORDS = {"python": {"python"}, "node": {"node"}, "programs": set[str]()}


def operation(path: Path, name: str, problems: list[Problem]) -> Operation | None:
    """An operation, from its file."""
    before = len(problems)
    loaded = load(path, name, "operation", problems)
    if loaded is None:
        return None
    for query, pattern in (loaded.find(("query",), dict) or {}).items():
        try:
            re.compile(str(pattern))
        except re.error as error:
            problems.append(
                loaded.problem(("query", query), f"expected a regular expression: {error}")
            )
    if len(problems) > before:
        return None
    return msgspec.convert({**loaded.data, "name": path.stem}, Operation)


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
            problems.extend(violations(loaded, kind.parameters[name], place))
        else:
            hint = near(name, list(kind.parameters)) or f"known: {', '.join(kind.parameters)}"
            problems.append(loaded.problem(place, f"{kind.name} has no such parameter", hint))
    return problems


def catalog(path: Path, name: str, problems: list[Problem]) -> Catalog | None:
    """The catalogue, from its file."""
    before = len(problems)
    loaded = load(path, name, "catalog", problems)
    if loaded is None or len(problems) > before:
        return None
    problems.extend(_catalog_problems(loaded))
    if len(problems) > before:
        return None
    data = loaded.data
    return msgspec.convert(
        {
            **{kind: _named(data[kind]) for kind in ("models", "endpoints")},
            **{kind: data.get(kind, {}) for kind in ("libraries", "limits")},
            "default_model": data["samples"]["model"],
            "default_endpoint": data["samples"]["endpoint"],
        },
        Catalog,
    )


def _catalog_problems(loaded: Loaded) -> Iterator[Problem]:
    data = loaded.data
    names = {kind: list(data.get(key, {})) for kind, key in KINDS.items()}

    def unknown(place: tuple[str, ...], kind: str, wanted: str | None) -> Iterator[Problem]:
        if wanted is not None and wanted not in names[kind]:
            hint = near(wanted, names[kind]) or f"known: {', '.join(names[kind]) or 'none'}"
            yield loaded.problem(place, f"there is no {kind} {wanted!r}", hint)

    for kind, wanted in data["samples"].items():
        yield from unknown(("samples", kind), kind, wanted)
    for model in names["model"]:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]*", model):
            yield loaded.problem(("models", model), "expected a name that can be a folder's name")
    for key, entry in data["endpoints"].items():
        place = ("endpoints", key)
        yield from unknown((*place, "successor"), "endpoint", entry.get("successor"))
        yield from unknown((*place, "limits"), "tier", entry.get("limits"))
        for model in entry.get("models", {}):
            yield from unknown((*place, "models", model), "model", None if model == ANY else model)
        if key == data["samples"]["endpoint"] and "token" not in entry:
            yield loaded.problem(place, "the key 'token' is missing: the samples need one")


def _named(entries: dict[str, Any]) -> dict[str, Any]:
    return {name: {**entry, "name": name} for name, entry in entries.items()}


def client(folder: Path, name: str, problems: list[Problem]) -> Client | None:
    """A client, from its folder."""
    before = len(problems)
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
    if len(problems) > before:
        return None
    data |= {
        "template": template,
        "template_file": f"{name}/{loaded.data['template']}",
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
        text: str = (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        problems.append(loaded.problem(place, f"the file {name} cannot be read: {reason}"))
        return None
    return text


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


def recording(path: Path, name: str, problems: list[Problem]) -> Recording | None:
    """A recording, from its file; its checksums are held against its bytes."""
    before = len(problems)
    loaded = load(path, name, "recording", problems)
    if loaded is None or len(problems) > before:
        return None
    if loaded.data["scenario"] != path.stem:
        problems.append(
            loaded.problem(
                ("scenario",),
                f'expected "{path.stem}", as the file is named; received "{loaded.data["scenario"]}"',
            )
        )
    exchanges = tuple(
        Exchange(
            method=entry["request"]["method"],
            path=entry["request"]["path"],
            response=_response(
                loaded, ("exchanges", index, "response"), entry["response"], problems
            ),
        )
        for index, entry in enumerate(loaded.data["exchanges"])
    )
    if len(problems) > before:
        return None
    return Recording(
        scenario=path.stem,
        file=name,
        provenance=Provenance(**loaded.data["provenance"]),
        exchanges=exchanges,
    )


def _response(
    loaded: Loaded, place: tuple[str | int, ...], data: dict[str, Any], problems: list[Problem]
) -> Response:
    try:
        body = _body(data["body"])
    except (binascii.Error, ValueError) as error:
        problems.append(loaded.problem((*place, "body"), f"expected base64: {error}"))
        body = b""
    headers = tuple((name, value) for name, value in data["headers"])
    listed = data.get("chunks", [[len(body), 0]])
    known = listed != UNKNOWN
    if known:
        marks = tuple(ChunkMark(size=int(size), after_ms=float(gap)) for size, gap in listed)
    else:
        marks = likely_chunks(headers, body)
    total = sum(mark.size for mark in marks)
    if total != len(body):
        problems.append(
            loaded.problem(
                (*place, "chunks"),
                f"expected sizes that add up to the body's {len(body)} bytes; received {total}",
            )
        )
    problems.extend(_contradictions(loaded, place, data, len(body)))
    found = checksum(body)
    if "sha256" not in data:
        problems.append(
            loaded.problem(place, "the key 'sha256' is missing", f"for this body it is {found}")
        )
    elif found != data["sha256"]:
        problems.append(
            loaded.problem(
                (*place, "sha256"),
                f"this recording is damaged: expected {data['sha256']}; received {found}",
                f"restore it, for example with: git checkout -- {loaded.file}\n"
                "  or, if you changed the body yourself, write here what was received",
            )
        )
    return Response(
        status=data["status"],
        reason=data["reason"],
        headers=headers,
        framing=data["framing"],
        length=data.get("length"),
        body=body,
        chunks=marks,
        chunks_known=known,
        trailers=tuple((name, value) for name, value in data.get("trailers", [])),
        ending=data["ending"],
    )


def _contradictions(
    loaded: Loaded, place: tuple[str | int, ...], data: dict[str, Any], size: int
) -> Iterator[Problem]:
    """What no server could have sent."""
    whole = data["ending"] == "complete"
    if "length" in data and (whole or data["framing"] != "length" or data["length"] <= size):
        message = f"expected more than the {size} bytes of a body that broke off, or no such key"
        yield loaded.problem((*place, "length"), message)
    if data.get("trailers") and not (whole and data["framing"] == "chunked"):
        message = "only a chunked body that is complete can have trailers"
        yield loaded.problem((*place, "trailers"), message)


def _body(data: dict[str, Any]) -> bytes:
    if "events" in data:
        return "".join(f"{event}\n\n" for event in data["events"]).encode()
    if "text" in data:
        return str(data["text"]).encode()
    if "pieces" in data:
        return "".join(data["pieces"]).encode()
    return base64.b64decode("".join(data["base64"].split()), validate=True)
