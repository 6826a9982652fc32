"""Samples for other tools: all of them with their provenance, or as an OpenAPI Overlay."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.model.catalog import Catalog, Endpoint, Library
    from harness.model.cell import Cell
    from harness.pages.proof import Proven

FORMAT = 1

OVERLAY = "1.0.0"
"""Of the OpenAPI Overlay Specification."""


def as_json(proven: Sequence[Proven], catalog: Catalog) -> dict[str, Any]:
    """Every sample with where it comes from, what stands behind it, and what of it was retired."""
    used = dict.fromkeys(one.cell.client.library for one in proven)
    return {
        "format": FORMAT,
        "samples": [_sample(one) for one in proven],
        "endpoints": {one.cell.endpoint.name: _endpoint(one.cell.endpoint) for one in proven},
        "libraries": {name: _library(catalog.libraries.get(name)) for name in used},
    }


def _sample(one: Proven) -> dict[str, Any]:
    cell, receipt = one.cell, one.receipt
    return {
        "id": cell.id,
        "language": cell.client.fences[0] if cell.client.fences else cell.client.name,
        "source": one.text,
        "sha256": receipt.sample,
        "path": cell.path if cell.committed else None,
        "model": cell.model,
        "endpoint": cell.endpoint.name,
        "scenario": {
            "name": cell.scenario.name,
            "title": cell.scenario.title,
            "summary": cell.scenario.summary,
            "operation": cell.operation.name,
        },
        "client": {
            "name": cell.client.name,
            "title": cell.client.title,
            "library": cell.client.library,
            "version": receipt.versions.get(cell.client.library),
            "install": cell.client.install,
        },
        "recording": _recording(cell),
        "proof": {
            "verdict": receipt.verdict,
            "passed_on": receipt.on,
            "basis": receipt.basis,
            "versions": receipt.versions,
        },
    }


def _recording(cell: Cell) -> dict[str, Any] | None:
    found = cell.recording
    if found is None:
        return None
    return {
        "path": found.file,
        "bodies_sha256": [one.response.sha256 for one in found.exchanges],
        "how": found.provenance.how,
        "on": found.provenance.on,
        "note": found.provenance.note or None,
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "title": endpoint.title,
        "url": endpoint.url,
        "deprecated": endpoint.deprecated,
        "retired": endpoint.retired,
        "successor": endpoint.successor,
        "note": endpoint.note or None,
    }


def _library(library: Library | None) -> dict[str, Any]:
    return {
        "retired": library.retired if library else None,
        "successor": library.successor if library else None,
        "note": library.note or None if library else None,
    }


def as_overlay(proven: Sequence[Proven]) -> dict[str, Any]:
    """An overlay that adds `x-codeSamples` to the operations of an OpenAPI description.

    Its version is a checksum of its samples: another one means that something changed.

    Source: OpenAPI Overlay Specification 1.0.0.
    """
    targets: dict[str, list[Proven]] = {}
    for one in proven:
        operation = one.cell.operation
        path = operation.path.replace("\\", "\\\\").replace("'", "\\'")
        targets.setdefault(f"$.paths['{path}'].{operation.method.lower()}", []).append(one)
    total = hashlib.sha256("".join(one.receipt.sample for one in proven).encode())
    return {
        "overlay": OVERLAY,
        "info": {"title": "Code samples that have passed", "version": total.hexdigest()[:12]},
        "actions": [
            {
                "target": target,
                "description": "Made by sampleproof; every sample was run as it stands here.",
                "update": {"x-codeSamples": _code_samples(samples)},
            }
            for target, samples in targets.items()
        ],
    }


def _code_samples(samples: Sequence[Proven]) -> list[dict[str, str]]:
    found = []
    taken: set[tuple[str, str]] = set()
    for one in samples:
        cell = one.cell
        lang = cell.client.fences[0] if cell.client.fences else cell.client.name
        # Renderers know a sample by its language and label: no two may share them.
        title = cell.scenario.title
        labels = (title, f"{title} ({cell.client.library})", f"{title} ({cell.id})")
        label = next(label for label in labels if (lang, label) not in taken)
        taken.add((lang, label))
        found.append({"lang": lang, "label": label, "source": one.text})
    return found
