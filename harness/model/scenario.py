"""A scenario: what a sample asks and what a reader must see, free of any language."""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation."""

    role: str
    content: str


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What a live answer must satisfy, whatever its wording."""

    contains: tuple[str, ...] = ()
    """Every one of these must be in the answer, in any case."""
    min_chars: int = 1


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample asks and what a reader must see."""

    name: str
    file: str
    """Where it stands, as the user would type it."""
    operation: str
    title: str
    summary: str
    """What a reader learns from the sample; stands as a comment at its top."""
    messages: tuple[Message, ...]
    parameters: dict[str, Any] = {}
    stream: bool = False
    expect: Expectation = Expectation()

    def body(self, model: str) -> dict[str, Any]:
        """The JSON body that every client must send for this scenario."""
        body: dict[str, Any] = {
            "messages": [{"role": turn.role, "content": turn.content} for turn in self.messages],
            **self.parameters,
            "model": model,
        }
        return {**body, "stream": True} if self.stream else body
