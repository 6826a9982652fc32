"""Files of others as plain data: whatever is in them, what comes is data or a `Problem`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from harness.model import files
from harness.model.problem import InvalidError, Problem
from harness.record.foreign.entry import Tagged, printable

if TYPE_CHECKING:
    from pathlib import Path

YAML_TAG = "tag:yaml.org,2002:"
TEXTS = {"str", "timestamp", "python/unicode", "python/str"}
"""Kinds of YAML scalars that are texts: a date is compared and shown, never counted with."""

MOST_BYTES = 256 << 20
"""Of an archive of others: it has the bodies of everything that a browser loaded."""

MOST_VALUES = 1_000_000
"""Of a file of YAML, aliases written out: a thousand long recordings have fewer."""

PLAIN = {"map", "seq", "python/tuple", "python/list", "python/dict"}


def text_of(path: Path) -> str:
    """A file's text.

    Raises:
        InvalidError: It cannot be read.
    """
    try:
        return files.read(path, files.bounds(path), MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except ValueError:  # also a name that no file can have
        message = "this is not UTF-8"
    raise _invalid(path, message)


def json_of(path: Path) -> Any:
    """A file's JSON.

    Raises:
        InvalidError: It cannot be read, or is none.
    """
    text = _not_empty(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise _invalid(path, f"not JSON: {error.msg}", error.lineno) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise _invalid(path, f"not JSON: {str(error).split(';')[0]}") from error
    except RecursionError as error:
        raise _invalid(path, "nested too deeply", 1) from error


def yaml_of(path: Path) -> Any:
    """A file's YAML. What has a tag that only a program can make something of is `Tagged`.

    Raises:
        InvalidError: It cannot be read, or is none.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from harness.model.yamltext import Bounded

    class Tape(Bounded):
        most = MOST_VALUES

    text = _not_empty(path)
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = Tape
    try:
        root = yaml.compose(text)
        return _Reader().value(root) if root is not None else None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise _invalid(path, f"not YAML: {error.problem or error.context}", line) from error
    except RecursionError as error:
        raise _invalid(path, "nested too deeply", 1) from error
    except (YAMLError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason"
        raise _invalid(path, f"not YAML: {printable(reason)}") from error


class _Reader:
    """Turns YAML nodes into data, each node once. What aliases make of them, written out, is bounded."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, int]] = {}
        """What was made of a node, and how many values that is."""
        self._values = 0

    def value(self, node: Any) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._made:
            made, values = self._made[id(node)]
            self._values += values
        else:
            self._made[id(node)] = Tagged(tag="a value that holds itself", line=line), 1
            before = self._values
            self._values += 1
            made = self._new(node, line)
            self._made[id(node)] = made, self._values - before
        if self._values > MOST_VALUES:
            from ruamel.yaml.error import MarkedYAMLError

            message = f"more than {MOST_VALUES} values, with its aliases written out"
            raise MarkedYAMLError(problem=message, problem_mark=node.start_mark)
        return made

    def _new(self, node: Any, line: int) -> Any:
        kind = str(node.tag or "").removeprefix(YAML_TAG)
        if node.id == "scalar":
            return _scalar(kind, node.value, line)
        if kind not in PLAIN:
            return Tagged(tag=f"!!{kind}", line=line)
        if node.id == "sequence":
            return [self.value(item) for item in node.value]
        found: dict[str, Any] = {}
        for key, value in node.value:
            if str(key.tag) == f"{YAML_TAG}merge":
                merged = self.value(value)
                for one in merged if isinstance(merged, list) else [merged]:
                    found = {**one, **found} if isinstance(one, dict) else found
            else:
                found[key.value if isinstance(key.value, str) else "?"] = self.value(value)
        return found


def _scalar(kind: str, text: str, line: int) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int" and re.fullmatch(r"[+-]?\d{1,400}", text):
        return int(text)
    if kind == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return Tagged(tag="!!binary that is no base64", line=line)
    return text if kind in {*TEXTS, "int", "float"} else Tagged(tag=f"!!{kind}", line=line)


def _not_empty(path: Path) -> str:
    text = text_of(path)
    if not text.strip():
        raise _invalid(path, "this file is empty")
    return text


def _invalid(path: Path, message: str, line: int = 0) -> InvalidError:
    return InvalidError([Problem(file=printable(str(path)), line=line, message=message)])
