"""Fenced blocks, and the same thing in several ways side by side, as tools for sites write it.

A tab format is a template in the folder `tabs`. It sees `tabs`, each with `key`, `label` and
`block`, and has a filter of ours: `prose` writes a text so that Markdown reads it as nothing but
that text.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from harness.render.template import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

SUFFIX = ".j2"


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One way of several."""

    key: str
    """Tells it from the others, in all sets of tabs alike."""
    label: str
    """What readers see."""
    block: str
    """Markdown, without a line end after it."""


@cache
def formats() -> list[str]:
    """The tab formats there are."""
    files = resources.files("harness.pages").joinpath("tabs").iterdir()
    return sorted(one.name.removesuffix(SUFFIX) for one in files if one.name.endswith(SUFFIX))


def arrange(form: str, tabs: Sequence[Tab]) -> str:
    """Tabs, without a line end after them.

    Args:
        form: One of the formats.
        tabs: In their order.
    """
    return _template(form).render(tabs=tabs).strip("\n")


def fence(info: str, code: str) -> str:
    """A fenced code block that nothing in the code can end (CommonMark 0.31, section 4.5)."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{info}\n{code.removesuffix(chr(10))}\n{ticks}"


def _prose(text: str) -> str:
    return re.sub(r"([\\`*_\[\]])", r"\\\1", escape(text, quote=False))


@cache
def _template(form: str) -> Template:
    text = resources.files("harness.pages").joinpath("tabs", form + SUFFIX).read_text("utf-8")
    # The result is Markdown; what must be escaped in it, each format says itself.
    return environment({"prose": _prose}).from_string(text)
