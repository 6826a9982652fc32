"""What tests of the memory share."""

import hashlib
from pathlib import Path

import msgspec

from harness.model.observation import Exit, Observation, SeenRequest
from harness.outcome import Outcome

ROOT = Path(__file__).parents[2]
"""Of the project whose copies are remembered."""


def cell_of(project, name="python/basic", models=()):
    return next(cell for cell in project.cells(models) if cell.id == name)


def changed(value, path, to):
    """A frozen value with one field, somewhere in it, changed."""
    name, _, rest = path.partition(".")
    if isinstance(value, tuple):
        place = int(name)
        items = list(value)
        items[place] = changed(items[place], rest, to) if rest else to
        return tuple(items)
    if isinstance(value, dict):
        return {**value, name: changed(value[name], rest, to) if rest else to}
    new = changed(getattr(value, name), rest, to) if rest else to
    assert new != getattr(value, name), path
    return msgspec.structs.replace(value, **{name: new})


def passed(cell, **changes):
    """A pass, with bytes in it that are no text."""
    observation = Observation(
        requests=(
            SeenRequest(
                scheme="https",
                host="service.example",
                port=443,
                method="POST",
                target="/x?y=1",
                headers=(("Authorization", "Bearer t"),),
                body=b'{"temperature": 1.0, "max_tokens": 1}\xff',
            ),
        ),
        stdout=b"\xff\x00Paris\n",
        stderr=b"",
        exit=Exit(code=0),
        gates=(),
        opened=(),
        canary="canary-1",
        limit_s=60.0,
        duration_ms=123.0,
    )
    given = {
        "verdict": "pass",
        "sha256": hashlib.sha256((ROOT / cell.path).read_bytes()).hexdigest(),
        "observation": observation,
    }
    return Outcome(cell=cell, **given | changes)
