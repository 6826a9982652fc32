"""Reads a quickstart with parsers that are not ours: cmark for the page, tree-sitter for shells."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from typing import NamedTuple

import cmarkgfm
import tree_sitter_batch
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

FILE = re.compile(r"\w+\.(?:py|js|sh)")


class Block(NamedTuple):
    """A block of code."""

    language: str
    file: str
    """What the text before it says it is to be saved as; empty if it says nothing."""
    text: str


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Block] = []
        self._in: list[str] = []
        self._language = self._text = self._file = ""

    def handle_starttag(self, tag, attrs):
        self._in.append(tag)
        if tag == "pre":
            self._language, self._text = dict(attrs).get("lang", ""), ""
        elif tag in {"h1", "h2", "h3"}:
            self._file = ""

    def handle_endtag(self, tag):
        while self._in and self._in.pop() != tag:
            pass
        if tag == "pre":
            self.found.append(Block(self._language, self._file, self._text))
            self._file = ""

    def handle_data(self, data):
        if "pre" in self._in:
            self._text += data
        elif "code" in self._in and FILE.fullmatch(data):
            self._file = data


def blocks(page: str) -> list[Block]:
    """Every block of code of a page."""
    reader = _Blocks()
    reader.feed(cmarkgfm.github_flavored_markdown_to_html(page))
    return reader.found


def bash_sets(text: str, variable: str) -> str:
    """What a variable holds for a program that is started after a text was typed into bash."""
    done = subprocess.run(
        ["bash", "-euc", f"{text}\nenv"],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())[variable]


def powershell_sets(text: str) -> tuple[str, str]:
    """The variable that a text sets in PowerShell for what is started there, and its value."""
    root = _parse(tree_sitter_powershell.language(), text)
    (assignment,) = _all(root, "assignment_expression")
    (variable,) = _all(assignment.children[0], "variable")
    (value,) = _all(assignment, "expandable_string_literal")
    name, quoted = variable.text.decode(), value.text.decode()
    assert name.lower().startswith("$env:"), f"{name} is no variable of the environment"
    assert not re.search(r'[$`]|""', quoted[1:-1]), f"{quoted} is not what it shows"
    return name[len("$env:") :], quoted[1:-1]


def cmd_sets(text: str) -> tuple[str, str]:
    """The variable that a text sets in cmd, and its value: all to the line's end, quotes and all."""
    root = _parse(tree_sitter_batch.language(), text)
    (assignment,) = _all(root, "variable_assignment")
    (name,) = _all(assignment, "variable_name")
    assert text.count("\n") == 1, "more than a line"
    value = text.encode()[name.end_byte :].decode().removeprefix("=").removesuffix("\n")
    assert not re.search(r"[%^&|<>!]", value), f"{value} is not what it shows"
    return name.text.decode(), value


def _parse(language: object, text: str) -> Node:
    root = Parser(Language(language)).parse(text.encode()).root_node
    assert not root.has_error, f"not this shell's language: {text}"
    return root


def _all(node: Node, kind: str) -> list[Node]:
    found = [node] if node.type == kind else []
    return found + [one for child in node.children for one in _all(child, kind)]
