"""What a check found, and the verdict that follows."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "note"]
Verdict = Literal["pass", "fail", "deviates", "skipped", "error"]
Cause = Literal[
    "sample",
    "client library",
    "API shape",
    "retired or moved",
    "credentials",
    "quota",
    "network",
    "answer",
]
"""To whom a live failure is put down."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one named check found."""

    check: str
    severity: Severity = "error"
    message: str
    expected: Any = None
    received: Any = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The one cause to which a live failure is put down."""

    cause: Cause
    evidence: str
    """What speaks for it."""
    remedy: str
