"""What an answer is, is known whatever the service's way of saying it: its text, its end, its error.

A sample that tells what went wrong passes, and one that passes over it fails.
"""

import json

import msgspec
import pytest
from workshop import Variant, answered, call, copy_project

from harness.model.dump import dump
from harness.model.recording import Response, likely_chunks
from harness.outcome import compare

LF, CRLF, CR = "\n", "\r\n", "\r"
PART = "Paris is the capital of France. "


def event(text, finish=None, end=LF):
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}{end}{end}".encode()


def response(*parts, **more):
    body = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    headers = (("content-type", more.pop("kind", "text/event-stream")),)
    known = {"status": 200, "reason": "OK", "framing": "chunked", "headers": headers} | more
    return Response(body=body, chunks=likely_chunks(headers, body), **known)


def whole(value):
    return response(json.dumps(value), kind="application/json")


START = event(PART) + event(PART)
DONE = "data: [DONE]\n\n"
FAILING = {
    "a code of letters": response(START, 'data: {"error":{"code":"e1","message":"It broke."}}\n\n'),
    "a number for a code": response(START, 'data: {"error":{"code":500,"message":"Broke."}}\n\n'),
    "no code": response(START, 'data: {"error":{"message":"It broke."}}\n\n', DONE),
    "null for a code": response(START, 'data: {"error":{"code":null,"message":"Broke."}}\n\n'),
    "words alone": response(START, 'data: {"error":"It broke."}\n\n'),
    "a list": response(START, 'data: {"error":["It broke."]}\n\n'),
    "CRLF": response(
        event(PART, end=CRLF), event(PART, end=CRLF), 'data: {"error":{"code":5}}\r\n\r\n'
    ),
    "an event's name": response(START, 'event: error\ndata: {"code":400,"message":"Long."}\n\n'),
    "a field of its own": response(START, 'error: {"code":400,"message":"Too long."}\n\n'),
    "its end cut off": response(START, ending="cut"),
}
TELLS = """\
        line = line.decode().strip()
        name, _, data = line.partition(": ")
        if data == "[DONE]":
            break
        if name == "event" or not data:
            continue
        value = json.loads(data)
        if name == "error" or "code" in value:
            value = {"error": value}
        if "error" in value:
            sys.exit(data)
        for choice in value["choices"]:
            print(choice["delta"].get("content") or "", end="", flush=True)
    else:
        sys.exit("The answer stops too soon.")
"""
IGNORES = """\
        line = line.decode().strip()
        if line.startswith("data: {"):
            for choice in json.loads(line.removeprefix("data: ")).get("choices", []):
                print(choice["delta"].get("content") or "", end="", flush=True)
"""
LOOP = """\
        data = line.decode().removeprefix("data:").strip()
        if data == "[DONE]":
            break
        if data:
            for choice in json.loads(data)["choices"]:
                print(choice["delta"].get("content") or "", end="", flush=True)
"""
READERS = {
    name: Variant(name=name, scenario="pieces", replace={LOOP: loop})
    for name, loop in {"tells": TELLS, "ignores": IGNORES}.items()
}


@pytest.fixture(scope="module")
def failing(miniatures):
    asked, cells = [], []
    for name, variant in READERS.items():
        cell = miniatures.make(miniatures.cell("plain", "pieces"), name, variant)
        for way, answer in FAILING.items():
            asked.append((name, way))
            cells.append(answered(cell, answer))
    return dict(zip(asked, miniatures.run(cells), strict=True))


@pytest.mark.parametrize("way", FAILING)
def test_a_stream_that_fails_is_told_and_passing_over_it_is_found_out(failing, way):
    teller, ignorer = failing["tells", way], failing["ignores", way]
    assert teller.verdict == "pass", teller
    assert [one.check for one in ignorer.findings] == ["exit.status"], ignorer
    assert "the stream " in ignorer.findings[0].message, ignorer


ENDS = {"LF": LF, "CRLF": CRLF, "CR": CR}
HOLDS = """\
        kept.append(line)
    os.write(1, b"".join(kept))
"""
SHOWS = "        os.write(1, line)\n"
BODIES = {
    name: Variant(
        name=f"body {name}",
        scenario="pieces",
        replace={
            LOOP: loop,
            "    print()\n": "",
            "\ntry:": "\nkept = []\ntry:",
            "for line in response": "for line in iter(response.read1, b'')",
        },
    )
    for name, loop in {"shows": SHOWS, "holds": HOLDS}.items()
}


@pytest.fixture(scope="module")
def bodies(miniatures):
    """What comes of samples that show the body as it comes, by how its lines end."""
    client = msgspec.structs.replace(miniatures.cell("plain", "pieces").client, stream="body")
    asked, cells = [], []
    for name, variant in BODIES.items():
        cell = miniatures.make(miniatures.cell("plain", "pieces"), variant.slug, variant)
        cell = msgspec.structs.replace(cell, client=client)
        for way, end in ENDS.items():
            pieces = [event("Paris is ", end=end), event("the capital.", "stop", end=end)]
            asked.append((name, way))
            cells.append(answered(cell, response(*pieces, f"data: [DONE]{end}{end}")))
    return dict(zip(asked, miniatures.run(cells), strict=True))


@pytest.mark.parametrize("end", ENDS)
def test_a_stream_that_is_held_back_is_found_out_however_its_lines_end(bodies, end):
    shown, held = bodies["shows", end], bodies["holds", end]
    assert shown.verdict == "pass", shown
    assert len(shown.observation.gates) == 2
    assert [one.check for one in held.findings] == ["stream.incremental"], held


@pytest.fixture(scope="module")
def pieces(real):
    """What comes of the project's own samples of streams."""
    done = b"data: [DONE]\n\n"
    answers = {
        "cut in two": [event("Hi "), event("\ud83d"), event("\ude00"), event(" you", "stop"), done],
        "half": [event("Hi "), event("\ud83d"), event(" there"), event(" you", "stop"), done],
        "strange line ends": [
            event("Hi "),
            'data: {"choices":[{"delta":{"content":"a\u2028b\x85c\u2029"}}]}\n\n',
            event(" you", "stop"),
            done,
        ],
        "CRLF": [event("Hi ", end=CRLF), event("you", "stop", end=CRLF), "data: [DONE]\r\n\r\n"],
        "CR": [event("Hi ", end=CR), event("you", "stop", end=CR), "data: [DONE]\r\r"],
        "no last event": [event("Hi "), event("you", "stop")],
        "no reason to finish": [event("Hi "), event("you"), done],
        "comments": [": one\n\n", event("Hi "), ": two\n\n", event("you", "stop"), done],
    }
    clients = ("curl", "javascript", "python")
    asked = [(name, client) for name in answers for client in clients]
    cells = [
        answered(real.cell(client, "streaming"), response(*answers[name])) for name, client in asked
    ]
    return dict(zip(asked, real.run(cells), strict=True))


NOT_READ = {
    # What the client's library makes of it is no answer, and is told as that.
    ("cut in two", "python"): ("exit.status", "UnicodeEncodeError"),
    ("half", "python"): ("exit.status", "UnicodeEncodeError"),
    ("CRLF", "python"): ("exit.status", "SSE event not supported"),
    ("CR", "python"): ("exit.status", "The answer is empty."),
    ("comments", "python"): ("exit.status", "SSE event not supported"),
}


def test_each_client_is_judged_by_what_it_can_show(pieces):
    for asked, outcome in pieces.items():
        if asked in NOT_READ:
            check, says = NOT_READ[asked]
            (finding,) = outcome.findings
            assert (finding.check, says in finding.message) == (check, True), (asked, outcome)
        else:
            assert outcome.verdict == "pass", (asked, outcome)


def test_a_character_that_is_cut_in_two_is_the_same_answer_in_every_client(pieces):
    """One shows the body, another each half as it comes: no encoding of it has halves."""
    outcomes = [pieces["cut in two", client] for client in ("curl", "javascript")]
    assert outcomes[1].observation.stdout == "Hi \ufffd\ufffd you\n".encode()
    assert compare(outcomes).findings == ()


BUSY = response('{"error":{"code":"busy","message":"Wait."}}', kind="application/json", status=429)
WAIT = msgspec.structs.replace(BUSY, headers=(*BUSY.headers, ("retry-after", "0")))


def test_a_stream_after_a_repeated_request_is_waited_for_in_its_own_chunks(miniatures):
    """Chunks of the answer before it do not count."""
    cell = miniatures.make(miniatures.cell("plain", "pieces"), "again")
    held = Variant(name="held", scenario="pieces", replace={", flush=True": ""})
    holding = miniatures.make(miniatures.cell("plain", "pieces"), "held", held)
    last = [event("Paris is "), event("the capital "), event("of France."), event("", "stop"), DONE]
    shown, hidden = miniatures.run(
        [answered(one, WAIT, response(*last)) for one in (cell, holding)]
    )
    assert shown.verdict == "pass", shown
    assert [gate.text for gate in shown.observation.gates] == ["Paris is ", "Paris is the capital "]
    assert [one.check for one in hidden.findings] == ["stream.incremental"], hidden


def test_a_recording_that_proves_nothing_is_an_error_with_its_line_and_no_fault_of_a_sample(
    miniatures, tmp_path
):
    project = copy_project(miniatures.root, tmp_path / "project")
    assert call("render", project=project)[0] == 0
    found = miniatures.project.recordings["question"]
    empty = whole({"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]})
    exchange = msgspec.structs.replace(found.exchanges[0], response=empty)
    text = dump(msgspec.structs.replace(found, exchanges=(exchange,)))
    (project / found.file).write_text(text, "utf-8")
    line = 1 + [one.strip() for one in text.splitlines()].index("body:")
    says = f"{found.file}:{line}: exchanges[0].response.body: expected an answer with text at "
    code, output, said = call("check", project=project)
    assert (code, says in said) == (2, True), output + said
    code, output, said = call("run", "plain/question", project=project)
    assert (code, says in output) == (2, True), output + said
    assert "1 sample: 1 error" in output
