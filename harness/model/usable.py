"""Whether a recording can prove anything of the samples that it answers.

What they are judged by is derived from it. An answer without text, or without what its scenario
asks for, would pass samples that show nothing; a stream in one piece, samples that hold it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from harness.model import jsonvalue
from harness.model.checkpoints import checkpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model.client import Reading
    from harness.model.operation import Operation
    from harness.model.recording import Recording, Response
    from harness.model.reply import Reply
    from harness.model.scenario import Expectation, Scenario

Shortcoming: TypeAlias = tuple[tuple[str | int, ...], str, str]
"""Where in the recording's file, what is wrong, and what to do about it."""

READINGS: tuple[Reading, ...] = ("text", "body")


def shortcomings(
    recording: Recording, scenario: Scenario, operation: Operation
) -> Iterator[Shortcoming]:
    """Why a recording's last answer, the one that is shown, proves nothing.

    One that fails proves how that is told: by its status, by the operation's rule for errors, by a
    reason to finish for which the service withholds its answer, or by an `ending` that says that it
    broke off.
    """
    place = ("exchanges", len(recording.exchanges) - 1, "response")
    response = recording.exchanges[-1].response.plain
    reply = operation.reply(response)
    if reply.kind == "cut" and response.ending == "complete":
        hint = "record it anew; if it is meant to have been cut, say so there: ending: cut"
        yield (*place, "ending"), reply.trouble, hint
    if reply.kind != "answer":
        return
    if response.is_stream != scenario.stream:
        due, found = ("an event stream", "none") if scenario.stream else ("no stream", "one")
        message = f"expected {due}, as {scenario.file} asks for; received {found}"
        yield (*place, "headers"), message, "record it anew"
    elif not reply.text.strip():
        yield (*place, "body"), _no_text(response, operation), "record it anew"
    else:
        for message, wanted in unmet(reply, scenario.expect):
            hint = f"record it anew, or expect less than {wanted!r} in {scenario.file}"
            yield (*place, "body"), message, hint
        if scenario.stream and not all(checkpoints(response, operation, one) for one in READINGS):
            message = (
                "expected text in at least two chunks: nothing tells whether a sample shows what "
                "has come before the rest does; received all of it in one"
            )
            yield (*place, "chunks"), message, "record it anew, or cut it between its events"


def _no_text(response: Response, operation: Operation) -> str:
    if response.coding:
        return f"expected an answer that can be read; its coding is {response.coding}"
    if response.body and not response.is_stream:
        try:
            jsonvalue.parse(response.body)
        except ValueError as error:
            return f"expected an answer that is JSON: {error}"
    rule = operation.answer
    where = rule.event if response.is_stream else rule.response
    return f"expected an answer with text at {where}; received none"


def unmet(reply: Reply, expect: Expectation) -> Iterator[tuple[str, str]]:
    """What a scenario expects of an answer, and it has not got: in a sentence, and by itself."""
    text = reply.text
    for wanted in expect.contains:
        if wanted.casefold() not in text.casefold():
            yield f"the answer does not mention {wanted!r}", wanted
    if len(text) < expect.min_chars:
        message = f"the answer has {len(text)} characters; the scenario asks for more"
        yield message, f"at least {expect.min_chars} characters"
