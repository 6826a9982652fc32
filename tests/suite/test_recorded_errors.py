"""A recording may hold an error: clients that show it, each in its way, are right and agree."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from workshop import answered, call, copy_project, errors

from harness.model.dump import dump
from harness.model.project import open_project
from harness.outcome import compare

ERRORS, WITHHELD = errors(), errors("withheld.yaml")
CLIENTS = ["curl", "javascript", "python"]
ASKED = {
    "filtered": {"javascript": 1, "python": 1},
    "denied": {"javascript": 1, "python": 1},
    "proxy": {"javascript": 1, "python": 1},
    "list": {"javascript": 1, "python": 1},
    "text": {"javascript": 1, "python": 1},
    "empty": {"javascript": 1, "python": 1},
    "html": {"javascript": 4, "python": 1},
    "busy": {"javascript": 4, "python": 4},
    "broken": {"javascript": 4, "python": 4},
}
"""By answer and client: how many requests its library sends; cURL sends one."""

BROKEN = msgspec.structs.replace(ERRORS["denied"], status=500, reason="Internal Server Error")
GROUPS = [(name, scenario) for name in ASKED for scenario in ("basic", "streaming")]


def response(name):
    return BROKEN if name == "broken" else ERRORS[name]


@pytest.fixture(scope="module")
def shown(real):
    """By answer and scenario: what came of every client."""
    cells = [
        answered(real.cell(client, scenario), response(name))
        for name, scenario in GROUPS
        for client in CLIENTS
    ]
    outcomes = iter(real.run(cells))
    return {group: [next(outcomes) for _ in CLIENTS] for group in GROUPS}


@pytest.mark.parametrize("group", GROUPS, ids="-".join)
def test_an_error_is_right_in_every_client_and_they_agree(shown, group):
    outcomes = shown[group]
    assert [one.verdict for one in outcomes] == ["pass"] * 3, outcomes
    compared = compare(outcomes)
    assert (compared.verdict, compared.findings, compared.not_evaluated) == ("pass", (), ())
    due = {"curl": 1} | ASKED[group[0]]
    sent = {one.cell.client.name: len(one.observation.requests) for one in outcomes}
    assert sent == due


@pytest.fixture(scope="module")
def withheld(real):
    """By answer: what came of every client."""
    scenarios = {"nothing": "basic", "part": "basic", "streamed-part": "streaming"}
    scenarios["streamed-nothing"] = "streaming"
    cells = [
        answered(real.cell(client, scenario), WITHHELD[name])
        for name, scenario in scenarios.items()
        for client in CLIENTS
    ]
    outcomes = iter(real.run(cells))
    return {name: [next(outcomes) for _ in CLIENTS] for name in scenarios}


@pytest.mark.parametrize(
    ("name", "shown", "code"),
    [
        ("nothing", b"", 1),
        ("part", b"Paris is the capital of France.\nIt lies on\n", 0),
        ("streamed-nothing", b"\n", 1),
        ("streamed-part", b"Here are five good reasons\n", 0),
    ],
)
def test_a_withheld_answer_is_shown_as_far_as_it_came(withheld, name, shown, code):
    outcomes = withheld[name]
    assert [one.verdict for one in outcomes] == ["pass"] * 3, outcomes
    assert compare(outcomes).verdict == "pass"
    curl, *others = [one.observation for one in outcomes]
    assert curl.stdout.rstrip() == WITHHELD[name].body.rstrip()
    for one in others:
        assert (one.stdout, one.exit.code) == (shown, code)
        assert one.stderr == (b"The answer is empty.\n" if code else b"")


@pytest.fixture(scope="module", params=["basic", "streaming"])
def asked_again(real, request):
    """What comes of every client that is told to wait, and then answered."""
    own = real.cell("curl", request.param).recording.exchanges[0].response
    cells = [answered(real.cell(client, request.param), ERRORS["busy"], own) for client in CLIENTS]
    return real.run(cells)


def test_who_asks_again_shows_the_answer_and_who_never_does_the_error(asked_again):
    assert [one.verdict for one in asked_again] == ["pass"] * 3, asked_again
    compared = compare(asked_again)
    assert (compared.verdict, compared.findings) == ("pass", ())
    curl, javascript, python = [one.observation for one in asked_again]
    assert (len(curl.requests), curl.exit.code) == (1, 22)
    assert b"RateLimitReached" in curl.stdout
    for one in (javascript, python):
        assert (len(one.requests), one.exit.code) == (2, 0)
        assert b"RateLimitReached" not in one.stdout + one.stderr
        assert one.requests[1].at_s - one.requests[0].at_s >= 0.95


def told_to_wait(real, client, seconds):
    headers = (("Retry-After", str(seconds)),)
    cell = real.cell(client, "basic")
    busy = msgspec.structs.replace(ERRORS["busy"], headers=headers)
    cell = answered(cell, busy, cell.recording.exchanges[0].response)
    return msgspec.structs.replace(cell, id=f"{cell.id}, {seconds} s")


def test_what_a_recording_makes_a_client_wait_is_no_fault_of_the_sample(real):
    asked = [("python", 4), ("python", 3600), ("javascript", 3600), ("curl", 3600)]
    cells = [told_to_wait(real, *one) for one in asked]
    outcomes = real.run(cells, dict.fromkeys([one.id for one in cells], 4))
    assert [one.verdict for one in outcomes] == ["pass", "error", "error", "pass"]
    for one in outcomes[1:3]:
        assert one.fault.exit_code == 2
        assert "samples/recordings/basic.yaml" in one.fault.message
        assert "wait 3600 s" in one.fault.message


def test_nothing_agrees_that_did_not_pass(shown):
    outcomes = shown["denied", "basic"]
    failed = msgspec.structs.replace(outcomes[0], verdict="error")
    assert compare([failed, *outcomes[1:]]).verdict == "skipped"


def test_scenarios_of_a_project_may_have_errors_for_an_answer(root, tmp_path):
    project = copy_project(root, tmp_path / "project")
    samples = project / "samples"
    for path in (*samples.glob("recordings/*"), *samples.glob("scenarios/[!b]*")):
        if path.name != "basic.yaml":
            path.unlink()
    scenario = (samples / "scenarios/basic.yaml").read_text("utf-8")
    recording = open_project(project).recordings["basic"]
    (first,) = recording.exchanges

    def write(name, *exchanges):
        made = msgspec.structs.replace(recording, scenario=name, exchanges=exchanges)
        (samples / f"recordings/{name}.yaml").write_text(dump(made), "utf-8")

    for name in ("denied", "filtered", "busy"):
        error = msgspec.structs.replace(first, response=ERRORS[name])
        write(name, error, *[first] * (name == "busy"))
        (samples / f"scenarios/{name}.yaml").write_text(scenario, "utf-8")
    assert call("render", project=project)[0] == 0
    assert call("check", project=project)[0] == 0
    code, output, said = call("run", "--no-cache", project=project)
    assert code == 0, output + said
    assert output.count("  same") == 4
    write("denied", msgspec.structs.replace(first, response=ERRORS["denied"]), first)
    code, _, said = call("check", project=project)
    assert code == 2
    assert "exchanges[1]: this exchange is never used: no client asks again" in said


class InTrouble(BaseHTTPRequestHandler):
    """An endpoint that answers nothing but 502."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"error":{"code":"bad_gateway","message":"Nobody is there."}}'
        self.send_response(502)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def test_an_endpoint_in_trouble_is_no_difference_between_clients(root, tmp_path):
    project = copy_project(root, tmp_path / "project")
    with ThreadingHTTPServer(("127.0.0.1", 0), InTrouble) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        report = ("--report", tmp_path)
        code, output, said = call("run", "--live", url, *report, "*/basic", project=project)
        server.shutdown()
    assert code == 3, output + said
    lines = [json.loads(line) for line in (tmp_path / "report.ndjson").read_text().splitlines()]
    cells = {line["client"]: line for line in lines if line["type"] == "cell"}
    sent = {client: len(line["requests"]) for client, line in cells.items()}
    assert sent == {"curl": 1, "javascript": 4, "python": 1}
    named = {finding["check"] for line in cells.values() for finding in line["findings"]}
    assert named == {"answer.status"}
    (compared,) = [line for line in lines if line["type"] == "parity"]
    assert (compared["verdict"], compared["findings"]) == ("skipped", [])
