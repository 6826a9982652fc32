"""What the echo says: made up from the request alone, so that the same request gets the same answer."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any, Literal

import msgspec

from harness.gateway.example import MOST_CHARACTERS, example

Finish = Literal["stop", "length", "tool_calls", "function_call"]

TOKEN = re.compile(r"\s*[^\s\w]|\s*\w{1,8}|\s+$")
"""What counts as a token here: a short word or a sign, with the white space before it."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A function that the model wants called."""

    id: str
    name: str
    arguments: str
    """JSON."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says in one choice: a text, or a call."""

    pieces: tuple[str, ...] = ()
    """The text, token by token."""
    call: Call | None = None
    finish: Finish = "stop"

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    @property
    def tokens(self) -> int:
        """How many tokens it has."""
        return len(self.pieces) + (len(tokens(self.call.arguments)) + 2 if self.call else 0)


def turn(body: dict[str, Any], number: int) -> Turn:
    """One choice of the answer to a valid request."""
    function = _wanted(body)
    if function is not None:
        arguments = json.dumps(example(function.get("parameters") or {}), ensure_ascii=False)
        name = str(function["name"])
        digest = sha256(f"{number} {name} {json.dumps(body, sort_keys=True)}".encode()).hexdigest()
        call = Call(id=f"call_{digest[:24]}", name=name, arguments=arguments)
        return Turn(call=call, finish="tool_calls" if body.get("tools") else "function_call")
    text, finish = _text(body, number), "stop"
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.partition(stop)[0] if stop else text
    pieces = tokens(text)
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or len(pieces)
    if len(pieces) > limit:
        pieces, finish = pieces[:limit], "length"
    return Turn(pieces=tuple(pieces), finish=finish)  # type: ignore[arg-type]


def _wanted(body: dict[str, Any]) -> dict[str, Any] | None:
    """The function to call, if the request wants one called."""
    tools = [tool["function"] for tool in body.get("tools") or []]
    functions: list[dict[str, Any]] = tools or body.get("functions") or []
    choice = body.get("tool_choice" if tools else "function_call") or "auto"
    if not functions or choice == "none":
        return None
    if isinstance(choice, dict):
        name = choice.get("function", choice)["name"]
        functions = [one for one in functions if one["name"] == name]
    # A result that has just come in is told of, or a conversation would go round in circles.
    answered = body["messages"][-1]["role"] in {"tool", "function"}
    return None if answered and choice == "auto" else functions[0]


def _text(body: dict[str, Any], number: int) -> str:
    wanted = body.get("response_format") or {}
    last = body["messages"][-1]
    if wanted.get("type") == "json_schema":
        return json.dumps(example(wanted["json_schema"].get("schema") or {}), ensure_ascii=False)
    said = plain(last.get("content"))[:MOST_CHARACTERS]
    if wanted.get("type") == "json_object":
        return json.dumps({"echo": said}, ensure_ascii=False)
    text = (
        f"The function says: {said}"
        if last["role"] in {"tool", "function"}
        else f"You said: {said}"
    )
    return f"({number + 1}) {text}" if number else text


def plain(content: Any) -> str:
    """The words of a message."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", f"[{part['type']}]")) for part in content)
    return str(content or "")


def tokens(text: str) -> list[str]:
    """A text in pieces as a model would send it; together they are the text."""
    return TOKEN.findall(text)


def prompt_tokens(body: dict[str, Any]) -> int:
    """What the request counts for."""
    extra = [body[name] for name in ("tools", "functions") if body.get(name)]
    texts = [plain(turn.get("content")) for turn in body["messages"]]
    said = [*texts, *map(json.dumps, extra)]
    return 4 * len(texts) + sum(sum(1 for _ in TOKEN.finditer(one)) for one in said)
