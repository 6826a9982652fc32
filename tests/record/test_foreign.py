"""Files as others write them; each is read as far as it tells."""

import base64
import gzip
import json

import pytest
from others import ANSWER, STREAM, URL, cassette, har, har_entry, load, proxy, response

from harness.model.problem import InvalidError
from harness.model.recording import checksum
from harness.record.foreign.importing import FORMATS, import_file

PACKED = gzip.compress(b"\xff\x00", mtime=0)


def test_an_archive_of_a_browser(tmp_path, project):
    imported = load(tmp_path, project, "har", har(har_entry()))
    found = response(imported)
    assert found.body == ANSWER.encode()
    assert found.headers == (("Content-Type", "application/json"), ("X-One", "1"))
    assert (found.status, found.reason, found.framing) == (200, "OK", "length")
    assert not found.framing_known
    assert not found.chunks_known
    provenance = imported.recording.provenance
    assert (provenance.how, provenance.on) == ("imported", "2026-03-04")
    assert provenance.note == (
        "From an HTTP Archive. How bodies were cut into chunks, and when these came, is not known."
    )


def test_an_archive_with_bytes_and_a_byte_order_mark(tmp_path, project):
    coded = base64.b64encode(b"\xff\x00").decode()
    entry = har_entry(coded, "image/png", content={"encoding": "base64"})
    text = "\ufeff" + json.dumps(har(entry))
    assert response(load(tmp_path, project, "har", text)).body == b"\xff\x00"


def test_a_stream_is_sent_one_event_at_a_time_since_nobody_knows_better(tmp_path, project):
    archive = har(har_entry(STREAM, "text/event-stream"))
    found = response(load(tmp_path, project, "har", archive, scenario="streaming"))
    assert [part.decode() for part in found.parts] == [
        f"{event}\n\n" for event in STREAM.split("\n\n")[:-1]
    ]
    assert not found.chunks_known
    assert (found.framing, found.framing_known) == ("chunked", False)


def test_requests_that_are_none_of_the_operations_are_left_out_and_named(tmp_path, project):
    others = [
        har_entry(url="https://models.example.com/v1/models?key=secret", method="GET"),
        har_entry(method="OPTIONS"),
        har_entry(status=0),
    ]
    imported = load(tmp_path, project, "har", har(*others, har_entry()))
    assert imported.left_out == (
        "GET https://models.example.com/v1/models",
        "OPTIONS https://models.example.com/v1/chat/completions",
        "POST https://models.example.com/v1/chat/completions",
    )
    assert len(imported.recording.exchanges) == 1


def test_a_cassette_with_text(tmp_path, project):
    imported = load(tmp_path, project, "vcrpy", cassette(f"'{ANSWER}'"), "tape.yaml")
    found = response(imported)
    assert found.body == ANSWER.encode()
    assert found.framing == "chunked"
    assert found.headers[2:] == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    assert imported.recording.provenance.on == "2026-03-04"


def test_a_cassette_with_a_compressed_body_keeps_its_bytes(tmp_path, project):
    packed = gzip.compress(ANSWER.encode())
    text = cassette(
        f"!!binary {base64.b64encode(packed).decode()}", more="Content-Encoding: [gzip]"
    )
    found = response(load(tmp_path, project, "vcrpy", text, "tape.yaml"))
    assert found.body == packed
    assert ("Content-Encoding", "gzip") in found.headers


def test_a_cassette_in_json(tmp_path, project):
    data = {
        "version": 1,
        "interactions": [
            {
                "request": {"method": "POST", "uri": URL, "body": None, "headers": {}},
                "response": {
                    "status": {"code": 429, "message": "Too Many Requests"},
                    "headers": {"Retry-After": ["1"]},
                    "body": {"base64_string": base64.b64encode(b"slow").decode()},
                },
                "recorded_at": "2025-01-02T03:04:05",
            }
        ],
    }
    imported = load(tmp_path, project, "vcrpy", data)
    found = response(imported)
    assert (found.status, found.reason, found.body) == (429, "Too Many Requests", b"slow")
    assert imported.recording.provenance.on == "2025-01-02"


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ({"a": "é", "b": [1]}, "application/json", '{"a":"é","b":[1]}'.encode()),
        (
            ["data: 1\n\n", "data: 2\n\n"],
            "text/event-stream; charset=utf-8",
            b"data: 1\n\ndata: 2\n\n",
        ),
        ("Model not found", "text/plain", b"Model not found"),
        (base64.b64encode(PACKED).decode(), "application/octet-stream", PACKED),
        (base64.b64encode(b"\xff\x00").decode(), "application/octet-stream", b"\xff\x00"),
    ],
)
def test_a_recording_of_the_test_proxy(tmp_path, project, body, kind, expected):
    file = proxy(body, kind, **{"Content-Encoding": "gzip"})
    file["Entries"][0]["RequestBody"]["stream"] = is_stream = kind.startswith("text/event-stream")
    scenario = "streaming" if is_stream else "basic"
    imported = load(tmp_path, project, "azure-test-proxy", file, scenario=scenario)
    found = response(imported)
    assert found.body == expected
    assert checksum(found.body) == found.sha256
    assert ("Set-Cookie", "b=2") in found.headers
    # A text has been decoded by the proxy; other bytes are as they came.
    assert (("Content-Encoding", "gzip") in found.headers) == (expected == PACKED)
    assert imported.recording.provenance.note.endswith("JSON is spelled anew.")


@pytest.mark.parametrize(
    ("form", "content", "complaint"),
    [
        ("har", "{", "file.json:1: not JSON"),
        (
            "har",
            {"Entries": []},
            "log: expected an object, as every HTTP Archive has; received nothing",
        ),
        ("har", har({"request": {}}), "it has: log.entries[0], which has no URL"),
        (
            "har",
            har({"request": {"method": "POST", "url": URL}}),
            "log.entries[0].response: expected an object",
        ),
        (
            "har",
            har(har_entry(text=5)),
            "log.entries[0].response.content.text: expected a text; received 5",
        ),
        (
            "har",
            har(har_entry("%", content={"encoding": "base64"})),
            "content.text: expected base64",
        ),
        (
            "har",
            har(),
            "expected at least one answer to POST …/chat/completions; found none\n  it is empty",
        ),
        (
            "har",
            har(har_entry(method="GET")),
            "it has: GET https://models.example.com/v1/chat/completions",
        ),
        ("vcrpy", "a: [", "file.json:"),
        ("vcrpy", har(), "is it a vcrpy cassette? known formats: har, vcrpy, azure-test-proxy"),
        ("azure-test-proxy", har(), "Entries: expected a list"),
        ("azure-test-proxy", proxy("%", "image/png"), "Entries[0].ResponseBody: expected base64"),
        ("azure-test-proxy", proxy({}, status="200"), "Entries[0].StatusCode: expected a number"),
    ],
)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(
    tmp_path, project, form, content, complaint
):
    with pytest.raises(InvalidError) as caught:
        load(tmp_path, project, form, content)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("interactions: [", "tape.yaml:1: not YAML"),
        (
            "interactions: !!python/object:os.system []",
            "interactions: expected a list, as cassettes have; received !!python/object:os.system in line 1",
        ),
        ("interactions:\n- response: {}", "it has: interactions[0], which has no URL"),
    ],
)
def test_a_cassette_that_cannot_be_read_is_refused(tmp_path, project, text, complaint):
    with pytest.raises(InvalidError) as caught:
        load(tmp_path, project, "vcrpy", text, "tape.yaml")
    assert complaint in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path, project):
    with pytest.raises(InvalidError, match="cannot be read: No such file"):
        import_file(
            tmp_path / "none.har", "har", project.scenarios["basic"], project.operations["chat"]
        )


def test_the_command_knows_every_format():
    from harness.cli.record import FORMATS as OFFERED

    assert tuple(FORMATS) == OFFERED
