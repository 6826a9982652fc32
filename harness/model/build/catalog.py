"""The catalogue, from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model.catalog import ANY, Catalog
from harness.model.loader import load, near

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.model.loader import Loaded
    from harness.model.problem import Problem

KINDS = {"model": "models", "endpoint": "endpoints", "tier": "limits"}
"""By what a name in the catalogue means: the key under which it stands."""


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
