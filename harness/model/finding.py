"""What a check found, and the verdict that follows."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning", "note"]
Verdict = Literal["pass", "fail", "deviates", "skipped", "error"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one named check found."""

    check: str
    severity: Severity = "error"
    message: str
    expected: Any = None
    received: Any = None
