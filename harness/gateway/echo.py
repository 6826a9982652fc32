"""Answers any valid chat request as the service would have, and refuses an invalid one as it did.

It stands in where no recording can. Nothing is looked up and nothing is left to chance: the same
request gets the same answer. The shapes are those of the service's documented answers.
"""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

from harness.gateway import made_up
from harness.gateway.example import UnfitSchemaError
from harness.gateway.listing import CREATED, compact, json_parts, whole
from harness.gateway.responder import Chunk, End, Head, header
from harness.model import jsonvalue
from harness.model.recording import media_type

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from harness.gateway.made_up import Turn
    from harness.gateway.responder import Part, Request
    from harness.model.catalog import Catalog

JSON = "application/json"
CHAT = "/chat/completions"
GAP_MS = 20.0
"""Between two chunks of a stream, for a responder that keeps to times."""

BARE = (
    "Model not found; expected format: {publisher}/{model_name}. "
    "Visit https://github.com/marketplace/models for a list of available models."
)
"""What a host whose names for models carry their publisher says of a bare one."""

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
}
SAFE = {
    name: {"filtered": False, "severity": "safe"}
    for name in ("hate", "self_harm", "sexual", "violence")
}
PROMPT_SAFE = [
    {
        "prompt_index": 0,
        "content_filter_results": {**SAFE, "jailbreak": {"filtered": False, "detected": False}},
    }
]


class RefusalError(Exception):
    """A request that the service would not have answered."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.body: Any = {"error": {"code": code, "message": message, "details": message}}
        super().__init__(message)


class Echo:
    """Answers chat requests."""

    def __init__(self, catalog: Catalog, *, any_model: bool = True) -> None:
        """Answer.

        Args:
            catalog: The models and endpoints to know.
            any_model: Whether a model that is not in the catalogue is as good as any.
        """
        self._catalog = catalog
        self._any_model = any_model
        # Where a host's own names for models carry their publisher, it knows no bare ones.
        self._published = {
            one.host for one in catalog.endpoints.values() if "/" in one.model("any")
        }

    async def respond(self, request: Request) -> AsyncGenerator[Part, None]:
        """The parts of an answer, or of a refusal."""
        try:
            answer = self._answer(request)
        except RefusalError as refusal:
            answer = json_parts(refusal.body, refusal.status, REASONS[refusal.status])
        for part in answer:
            yield part

    def _answer(self, request: Request) -> Sequence[Part]:
        if not _token(request):
            raise RefusalError(401, "unauthorized", "Bad credentials")
        if not request.path.endswith(CHAT):
            raise RefusalError(404, "not_found", f"There is nothing at {request.path}")
        if request.method != "POST":
            raise RefusalError(405, "method_not_allowed", "Use POST here")
        if media_type(request.headers) != JSON:
            message = f"Unsupported content type: send {JSON}"
            raise RefusalError(415, "unsupported_media_type", message)
        try:
            body = jsonvalue.parse(request.body)
        except ValueError as error:
            raise RefusalError(400, "bad_request", f"The body is not JSON: {error}") from error
        check(body)
        name = str(body.get("model") or self._catalog.default_model)
        if request.host in self._published and "/" not in name:
            return whole(BARE.encode(), "text/plain; charset=utf-8", 400, REASONS[400])
        known = name.rpartition("/")[2]
        if not self._any_model and known not in self._catalog.models:
            raise RefusalError(400, "unknown_model", f"Unknown model: {name}")
        try:
            turns = [made_up.turn(body, number) for number in range(body.get("n") or 1)]
        except UnfitSchemaError as error:
            raise RefusalError(400, "bad_request", str(error)) from error
        answer = Answer(body, known, turns)
        return answer.stream() if body.get("stream") else json_parts(answer.whole())


class Answer:
    """The answer to one valid request, whole or as a stream."""

    def __init__(self, body: dict[str, Any], model: str, turns: Sequence[Turn]) -> None:
        """Take what is said in each choice."""
        digest = sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        self._about = {
            "created": CREATED,
            "id": f"chatcmpl-{digest[:28]}",
            "model": model,
            "system_fingerprint": "fp_0000000000",
        }
        self._turns = turns
        self._tools = bool(body.get("tools"))
        self._tell_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        asked = made_up.prompt_tokens(body)
        answered = sum(turn.tokens for turn in turns)
        self._usage = {
            "completion_tokens": answered,
            "prompt_tokens": asked,
            "total_tokens": asked + answered,
        }

    def whole(self) -> dict[str, Any]:
        """The answer as one object."""
        choices = [
            {
                "content_filter_results": SAFE,
                "finish_reason": turn.finish,
                "index": number,
                "logprobs": None,
                "message": self._message(turn),
            }
            for number, turn in enumerate(self._turns)
        ]
        return {
            "choices": choices,
            **self._about,
            "object": "chat.completion",
            "prompt_filter_results": PROMPT_SAFE,
            "usage": self._usage,
        }

    def _message(self, turn: Turn) -> dict[str, Any]:
        if turn.call is None:
            return {"content": turn.text, "role": "assistant", "tool_calls": None}
        function = {"name": turn.call.name, "arguments": turn.call.arguments}
        if not self._tools:
            return {"content": None, "role": "assistant", "function_call": function}
        call = {"id": turn.call.id, "type": "function", "function": function}
        return {"content": None, "role": "assistant", "tool_calls": [call]}

    def stream(self) -> list[Part]:
        """The answer as an event stream, one event a chunk."""
        events = [b"data: %b\n\n" % compact(event) for event in self._events()]
        headers = (("Content-Type", "text/event-stream; charset=utf-8"),)
        head = Head(status=200, reason="OK", headers=headers, framing="chunked")
        chunks = [Chunk(data=event, after_ms=GAP_MS) for event in [*events, b"data: [DONE]\n\n"]]
        return [head, *chunks, End()]

    def _events(self) -> Iterator[dict[str, Any]]:
        nothing = dict.fromkeys(("id", "model", "object"), "")
        yield {"choices": [], "created": 0, **nothing, "prompt_filter_results": PROMPT_SAFE}
        queues = [list(self._deltas(turn)) for turn in self._turns]
        for step in range(max(map(len, queues))):
            for number, queue in enumerate(queues):
                if step < len(queue):
                    yield self._event(number, queue[step], None)
        for number, turn in enumerate(self._turns):
            yield self._event(number, {}, turn.finish)
        if self._tell_usage:
            yield self._chunk([]) | {"usage": self._usage}

    def _deltas(self, turn: Turn) -> Iterator[dict[str, Any]]:
        call = turn.call
        if call is None:
            yield {"content": "", "role": "assistant"}
            yield from ({"content": piece} for piece in turn.pieces)
            return
        head: dict[str, Any] = {"name": call.name, "arguments": ""}
        pieces = [{"arguments": piece} for piece in made_up.tokens(call.arguments)]
        first = {"index": 0, "id": call.id, "type": "function", "function": head}
        begin = {"tool_calls": [first]} if self._tools else {"function_call": head}
        yield {"content": None, "role": "assistant", **begin}
        for piece in pieces:
            one = {"index": 0, "function": piece}
            yield {"tool_calls": [one]} if self._tools else {"function_call": piece}

    def _event(self, number: int, delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choice = {
            "content_filter_results": SAFE if delta.get("content") else {},
            "delta": delta,
            "finish_reason": finish,
            "index": number,
            "logprobs": None,
        }
        return self._chunk([choice])

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"choices": choices, **self._about, "object": "chat.completion.chunk"}


def check(body: Any) -> None:
    """Hold a request's body against what the service took.

    Raises:
        RefusalError: It is not that.
    """
    from jsonschema import Draft202012Validator

    errors = list(Draft202012Validator(_schema()).iter_errors(body))
    if errors:
        refusal = RefusalError(422, "", "")
        refusal.body = {"error": [f"{error.json_path}: {error.message}" for error in errors]}
        raise refusal
    called = {one["id"] for turn in body["messages"] for one in turn.get("tool_calls") or []}
    for place, turn in enumerate(body["messages"]):
        if turn["role"] == "tool" and turn["tool_call_id"] not in called:
            message = (
                f"Invalid parameter: messages[{place}] with role 'tool' must be a response to a "
                "preceding message with 'tool_calls'."
            )
            raise RefusalError(400, "bad_request", message)
    _check_choice(body)
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        message = (
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'."
        )
        raise RefusalError(400, "bad_request", message)


def _check_choice(body: dict[str, Any]) -> None:
    for key, offered in (
        ("tool_choice", [tool["function"] for tool in body.get("tools") or []]),
        ("function_call", body.get("functions") or []),
    ):
        choice = body.get(key)
        names = [one["name"] for one in offered]
        if choice not in {None, "none"} if not isinstance(choice, dict) else True:
            if not names:
                raise RefusalError(400, "bad_request", f"'{key}' is only allowed with functions.")
            if isinstance(choice, dict) and choice.get("function", choice)["name"] not in names:
                raise RefusalError(
                    400, "bad_request", f"'{key}' names no function of these: {names}."
                )


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("harness.gateway").joinpath("chat_request.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _token(request: Request) -> str:
    """The token that a request carries, in either of the headers that clients use."""
    carried = header(request.headers, "authorization") or header(request.headers, "api-key") or ""
    return re.sub(r"(?i)^bearer(\s+|$)", "", carried.strip())
