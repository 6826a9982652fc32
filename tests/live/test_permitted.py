"""The reader's key goes out with a sample's own requests, as many as its scenario has, and no others."""

import asyncio
import json

import msgspec
import pytest
from serving import cells, copied, run
from upstreams import right, upstream

from harness.gateway.responder import End, Head
from harness.live.permitted import Permitted, requests_due
from harness.live.target import Target
from harness.model.catalog import Endpoint, Limits
from harness.model.observation import SeenRequest
from harness.model.retry import Retry

KEY = "sk-live-0123456789abcdef"
CANARY = "canary-0123456789abcdef"


class Answering:
    """Answers as it is told to, and keeps what it is asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def respond(self, request):
        self.asked.append(request)
        status, headers, ending = self.answers.pop(0) if self.answers else (200, (), "complete")
        yield Head(status=status, reason="", headers=headers, framing="length", length=0)
        yield End(ending=ending)


@pytest.fixture
def cell(project):
    return next(one for one in project.cells() if one.id == "curl/basic")


def own(cell, **changes):
    one = SeenRequest(
        scheme="https",
        host=cell.endpoint.host,
        port=443,
        method=cell.operation.method,
        target=cell.endpoint.base_path + cell.operation.path,
        headers=(("Authorization", f"Bearer {CANARY}"),),
        body=b"{}",
    )
    return msgspec.structs.replace(one, **changes)


def answered(responder, requests):
    """The heads of the answers to requests, one after the other."""

    async def all_of_them():
        found = []
        for request in requests:
            parts = [part async for part in responder.respond(request)]
            found.append(parts[0])
        return found

    return asyncio.run(all_of_them())


FOREIGN = {
    "another method": {"method": "DELETE"},
    "another method in other letters": {"method": "post"},
    "another path": {"target": "/files"},
    "a path below": {"target": "/chat/completions/1"},
    "a path in other letters": {"target": "/chat/%63ompletions"},
    "a path by way of another": {"target": "/files/../chat/completions"},
    "a path twice": {"target": "//chat/completions"},
    "an unknown parameter": {"target": "/chat/completions?stored=true"},
    "a value that is not allowed": {"target": "/chat/completions?api-version=x"},
    "a parameter twice": {
        "target": "/chat/completions?api-version=2024-05-01&api-version=2024-05-01"
    },
    "another host": {"host": "api.example.com"},
    "another port": {"port": 8443},
    "another scheme": {"scheme": "http", "port": 80},
    "no host": {"host": ""},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_none_of_the_samples_requests_is_not_sent_on(cell, name):
    inner = Answering()
    head, after = answered(Permitted(inner, cell), [own(cell, **FOREIGN[name]), own(cell)])
    assert (head.status, after.status) == (400, 200)
    assert head.miss.startswith("not sent on: ")
    assert len(inner.asked) == 1


def test_its_own_requests_are_sent_on_with_a_query_that_the_operation_allows(cell):
    inner = Answering()
    target = cell.operation.path + "?api-version=2024-05-01-preview"
    host = cell.endpoint.host.upper()
    (head,) = answered(Permitted(inner, cell), [own(cell, target=target, host=host)])
    assert (head.status, len(inner.asked)) == (200, 1)


BUSY, RIGHT, BROKEN = (503, (), "complete"), (200, (), "complete"), (200, (), "closed")


@pytest.mark.parametrize(
    ("answers", "times", "passed"),
    [
        ([RIGHT], 3, 1),
        ([BUSY, RIGHT], 3, 2),
        ([BUSY] * 9, 3, 4),
        ([BUSY] * 9, 0, 1),
        ([BROKEN] * 9, 0, 4),
        ([BROKEN] * 9, 5, 6),
        ([(400, (), "complete")] * 9, 3, 1),
        ([(429, (("Retry-After", "1"),), "complete")] * 9, 2, 3),
    ],
)
def test_a_request_more_is_sent_on_only_where_its_library_asks_again(cell, answers, times, passed):
    retry = Retry(
        times=times,
        statuses=frozenset({503}),
        with_retry_after=frozenset({429}),
        heeds=("retry-after",),
    )
    patient = msgspec.structs.replace(
        cell, client=msgspec.structs.replace(cell.client, retry=retry)
    )
    inner = Answering(*answers)
    heads = answered(Permitted(inner, patient), [own(cell)] * 12)
    assert len(inner.asked) == passed
    assert [bool(head.miss) for head in heads] == [False] * passed + [True] * (12 - passed)


def test_requests_at_once_are_counted_before_they_are_answered(cell):
    class Slow(Answering):
        async def respond(self, request):
            self.asked.append(request)
            await asyncio.sleep(0)
            async for part in super().respond(request):
                yield part

    inner = Slow()
    guard = Permitted(inner, cell)

    async def one():
        return [part async for part in guard.respond(own(cell))][0].status  # noqa: RUF015

    async def all_of_them():
        return await asyncio.gather(*(one() for _ in range(5)))

    assert sorted(asyncio.run(all_of_them())) == [200, 400, 400, 400, 400]


def test_errors_that_a_recording_has_are_not_asked_for_live(cell):
    recorded = cell.recording.exchanges[0]
    busy = msgspec.structs.replace(
        recorded, response=msgspec.structs.replace(recorded.response, status=503)
    )
    recording = msgspec.structs.replace(cell.recording, exchanges=(busy, busy, recorded))
    assert requests_due(msgspec.structs.replace(cell, recording=recording)) == 1
    assert requests_due(msgspec.structs.replace(cell, recording=None)) == 1


ELSEWHERE = {
    "another header": {"headers": (("X-Api-Key", CANARY), ("Cookie", CANARY))},
    "more than the token": {"headers": (("Authorization", f"Bearer {CANARY}, {CANARY}"),)},
    "another form": {"headers": (("Authorization", f"Basic {CANARY}"),)},
    "the query": {"headers": (), "target": f"/chat/completions?key={CANARY}"},
    "the body": {"headers": (), "body": json.dumps({"model": CANARY}).encode()},
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_only_the_headers_for_credentials_get_the_key(cell, name):
    target = Target(Endpoint(name="e", title="E", url="http://127.0.0.1:1/v1"), Limits(), KEY)

    def sent(request):
        return target.sent(request, cell.operation, base_path="", canary=CANARY)

    assert KEY in str(sent(own(cell)))
    assert KEY not in str(sent(own(cell, **ELSEWHERE[name])))


OVERRIDES = [
    *("X-HTTP-Method-Override", "x-http-method", "X_HTTP_Method_Override", "X-Original-URL"),
    *("X-Forwarded-Host", "X-Forwarded-Method", "X-Forwarded-Uri", "Cookie", "Range"),
]


@pytest.mark.parametrize("name", OVERRIDES)
def test_no_header_makes_another_request_of_it(cell, name):
    target = Target(Endpoint(name="e", title="E", url="http://127.0.0.1:1/v1"), Limits(), KEY)
    request = own(cell)
    request = msgspec.structs.replace(request, headers=(*request.headers, (name, "DELETE")))
    sent = target.sent(request, cell.operation, base_path="", canary=CANARY)
    assert sorted(pair[0] for pair in sent.headers) == ["Authorization", "accept-encoding"]


MORE = """
url=https://models.inference.ai.azure.com
curl -s -X DELETE "$url/files/1" -H "Authorization: Bearer $GITHUB_TOKEN" >/dev/null
curl -s "$url/models" -H "Authorization: Bearer $GITHUB_TOKEN" >/dev/null
curl -s "https://api.example.com/chat/completions" -H "Authorization: Bearer $GITHUB_TOKEN" >/dev/null
"""


@pytest.mark.parametrize(
    ("more", "check"),
    [(MORE, "request.count"), ("again", "request.count"), ("instead", "request.endpoint")],
    ids=["other requests", "the same again", "another in its place"],
)
def test_what_a_sample_asks_beside_is_its_own_fault_and_meets_nobody(root, tmp_path, more, check):
    project = copied(root, tmp_path / "project")
    sample = project / "samples/curl/basic.sh"
    text = sample.read_text("utf-8")
    if more == "again":
        text = text + "\n" + text
    elif more == "instead":
        text = text.replace(".com/chat/completions", ".com/files")
    else:
        text += more
    sample.write_text(text, "utf-8")
    with upstream(right) as endpoint:
        done, lines = run(
            tmp_path,
            *("curl/basic", "--live", endpoint.url, "--project", str(project)),
            SAMPLEPROOF_KEY=KEY,
        )
    asked = [(one["target"], one["headers"].get("authorization")) for one in endpoint.requests]
    assert asked == [("/v1/chat/completions", f"Bearer {KEY}")] * (more != "instead")
    found = cells(lines)["curl/basic"]
    assert (found["verdict"], done.returncode) == ("fail", 1), done.stdout
    assert check in {one["check"] for one in found["findings"]}
    assert found["diagnosis"]["cause"] == "sample"
    assert KEY not in done.stdout + done.stderr
