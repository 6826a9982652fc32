"""Fenced blocks, one or several in tabs, as the tools that build sites write them.

A tab format is a template in the folder `tabs`. It sees `tabs`, each with `client`, `label` and
`block` (a fenced block), and has a filter of ours: `prose` writes a text so that Markdown reads it
as nothing but that text.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from harness.pages.layout import fence
from harness.render.template import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from harness.pages.snippet import Snippet

SUFFIX = ".j2"


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One tab."""

    client: str
    label: str
    block: str
    """Markdown, as a fenced block, without a line end after it."""


@cache
def formats() -> list[str]:
    """The tab formats there are."""
    files = resources.files("harness.pages").joinpath("tabs").iterdir()
    return sorted(one.name.removesuffix(SUFFIX) for one in files if one.name.endswith(SUFFIX))


def arrange(form: str, snippets: Sequence[Snippet], title: str | None = None) -> str:
    """Snippets in tabs, with an empty line before and after them.

    Args:
        form: One of the formats.
        snippets: One a tab, in their order.
        title: Stands above each.
    """
    given = [Tab(client=one.client, label=one.label, block=fenced(one, title)) for one in snippets]
    return f"\n{side_by_side(form, given)}\n\n"


def side_by_side(form: str, tabs: Sequence[Tab]) -> str:
    """Tabs in one of the formats, without an empty line around them."""
    return _template(form).render(tabs=tabs).strip("\n")


def info(snippet: Snippet, title: str | None = None) -> str:
    """What stands after a fence. All that build sites read a title there; GitHub ignores it."""
    return f'{snippet.fence} title="{title}"' if title else snippet.fence


def fenced(snippet: Snippet, title: str | None = None) -> str:
    """A fenced block that holds a snippet; without a line end after it."""
    return fence(info(snippet, title), snippet.code)


def _prose(text: str) -> str:
    return re.sub(r"([\\`*_\[\]])", r"\\\1", escape(text, quote=False))


@cache
def _template(form: str) -> Template:
    text = resources.files("harness.pages").joinpath("tabs", form + SUFFIX).read_text("utf-8")
    # The result is Markdown; what must be escaped in it, each format says itself.
    return environment({"prose": _prose}).from_string(text)
