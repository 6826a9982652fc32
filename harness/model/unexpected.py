"""Failures that nobody foresaw, told in one line."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOWN = 200
"""Characters of a failure's own words that are told: some quote all that they were given."""


def describe(error: BaseException) -> str:
    """The kind, place and words of a failure: the innermost place that is the harness's own."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(ROOT / "harness"):
            place = f" at {file.relative_to(ROOT).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    words = str(error).encode("utf-8", "backslashreplace").decode().replace("\n", " ")
    if len(words) > SHOWN:
        words = f"{words[:SHOWN]}…"
    return f"{type(error).__name__}{place}" + (f": {words}" if words else "")
