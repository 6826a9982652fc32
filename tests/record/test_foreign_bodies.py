"""Whether a file has all of a body: what it lacks is refused, not taken for empty."""

import base64
import gzip
import json
import tracemalloc
import zlib

import pytest
from others import ANSWER, STREAM, cassette, har, har_entry, load, proxy, response

from harness.model.problem import InvalidError

EVENTS = "text/event-stream"


def without_text(status=200, **content):
    entry = har_entry("", status=status, content=content)
    if "text" not in content:
        del entry["response"]["content"]["text"]
    return entry


def with_header(entry, name, value):
    entry["response"]["headers"].append({"name": name, "value": value})
    return entry


def uncoded(entry):
    kept = [one for one in entry["response"]["headers"] if one["name"] != "content-encoding"]
    entry["response"]["headers"] = kept
    return entry


def refusal(folder, project, form, content, name="file.json", **more):
    with pytest.raises(InvalidError) as caught:
        load(folder, project, form, content, name, **more)
    return str(caught.value)


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (without_text(size=1861), "is not in the file: content.size tells of 1861 bytes"),
        (
            without_text(size=1861, text=None),
            "is not in the file: content.size tells of 1861 bytes",
        ),
        (without_text(size=1861, text=""), "is not in the file: content.size tells of 1861 bytes"),
        (without_text(size=-1), "is not in the file, nor is its size"),
        (without_text(size=-1, status=429), "is not in the file, nor is its size"),
        (without_text(size=0), "is not in the file, and nothing says that it was empty"),
        (without_text(size=0, text=""), "is not in the file, and nothing says that it was empty"),
        (without_text(size=0, status=429), ""),
        (
            with_header(without_text(size=0, status=429), "Content-Length", "77"),
            "is not in the file: content-length tells of 77 bytes",
        ),
        (
            without_text(size=9, comment="Response bodies are not included."),
            "is not in the file (Response bodies are not included.): content.size",
        ),
    ],
)
def test_a_body_that_an_archive_has_not_kept_is_refused(tmp_path, project, entry, complaint):
    if not complaint:
        assert response(load(tmp_path, project, "har", har(entry))).body == b""
        return
    said = refusal(tmp_path, project, "har", har(entry))
    assert "log.entries[0].response: its body " + complaint in said
    assert "record it anew, and keep bodies" in said


def test_what_an_archive_counted_on_the_wire_tells_of_a_body(tmp_path, project):
    entry = without_text(size=0, status=429)
    entry["response"]["bodySize"] = 77
    assert "bodySize tells of 77 bytes" in refusal(tmp_path, project, "har", har(entry))


def test_an_empty_body_is_one_where_the_file_says_so(tmp_path, project):
    entry = with_header(without_text(size=0), "Content-Length", "0")
    assert response(load(tmp_path, project, "har", har(entry))).body == b""
    assert response(load(tmp_path, project, "har", har(without_text(204, size=-1)))).body == b""


@pytest.mark.parametrize("name", ["_error", "_failureText"])
def test_an_answer_that_broke_off_is_refused(tmp_path, project, name):
    entry = har_entry()
    entry["response"][name] = "net::ERR_INCOMPLETE_CHUNKED_ENCODING"
    said = refusal(tmp_path, project, "har", har(entry))
    assert "this answer broke off, as the file says: 'net::ERR_INCOMPLETE_CHUNKED" in said


HALF = STREAM[: len(STREAM) // 2]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (
            har_entry(HALF, EVENTS, content={"size": 1000}),
            f"{len(HALF)} bytes of 1000, as content.size tells",
        ),
        (
            har_entry(HALF, EVENTS, content={"comment": "Response bodies are truncated."}),
            "Response bodies are truncated.",
        ),
        (
            with_header(uncoded(har_entry(HALF, EVENTS)), "Content-Length", "44"),
            f"{len(HALF)} bytes of 44, as content-length tells",
        ),
        (har_entry(ANSWER[:-20]), "its JSON stops after "),
        (har_entry(ANSWER[:-1]), f"its JSON stops after {len(ANSWER.encode()) - 1} bytes"),
        (har_entry("[1,"), "its JSON stops after 3 bytes"),
        # It counts what was sent, which was compressed.
        (with_header(har_entry(HALF, EVENTS), "Content-Length", "44"), ""),
        (har_entry(STREAM, EVENTS, content={"size": 1000}), ""),
        (with_header(har_entry(STREAM, EVENTS), "Content-Length", "1000"), ""),
    ],
)
def test_a_body_that_was_cut_is_refused_unless_it_is_whole(tmp_path, project, entry, complaint):
    is_json = entry["response"]["content"]["mimeType"].endswith("json")
    scenario = "basic" if is_json else "streaming"
    if not complaint:
        assert response(load(tmp_path, project, "har", har(entry), scenario=scenario)).body
        return
    said = refusal(tmp_path, project, "har", har(entry), scenario=scenario)
    assert "only a part of its body is in the file: " + complaint in said


def test_borders_of_chunks_count_in_what_was_sent(tmp_path, project):
    for size, is_all in ((len(HALF) * 2 + 64, True), (len(HALF) * 2 + 65, False)):
        entry = har_entry(HALF, EVENTS)
        entry["response"]["bodySize"] = size
        if is_all:
            load(tmp_path, project, "har", har(entry), scenario="streaming")
        else:
            said = refusal(tmp_path, project, "har", har(entry), scenario="streaming")
            assert f"{len(HALF)} bytes of {size}, as bodySize tells" in said


@pytest.mark.parametrize("body", ["''", "null"])
@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ("Content-Length: ['5']", "content-length tells of 5 bytes"),
        ("Transfer-Encoding: [chunked]", "and nothing says that it was empty"),
    ],
)
def test_a_body_that_a_cassette_has_not_kept_is_refused(tmp_path, project, body, more, complaint):
    said = refusal(tmp_path, project, "vcrpy", cassette(body, more=more), "tape.yaml")
    assert "tape.yaml: interactions[0].response: its body is not in the file" in said
    assert complaint in said


@pytest.mark.parametrize("body", [None, [], ""])
def test_a_body_that_the_test_proxy_has_not_kept_is_refused(tmp_path, project, body):
    said = refusal(tmp_path, project, "azure-test-proxy", proxy(body))
    assert "Entries[0]: its body is not in the file, and nothing says that it was empty" in said


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br", "GZIP"])
def test_a_body_that_is_plain_loses_the_header_that_says_otherwise(tmp_path, project, coding):
    text = cassette(f"'{ANSWER}'", more=f"Content-Encoding: ['{coding}']")
    found = response(load(tmp_path, project, "vcrpy", text, "tape.yaml"))
    assert found.body == ANSWER.encode()
    assert found.coding == ""
    assert found.plain.body == found.body


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", b"\x0b\x02\x80\x00\x01\x02\x03"),
        ("br", b"PLACEHOLDER"),
        ("zstd", b"\x28\xb5\x2f\xfd\x04\x00"),
        ("gzip, br", b"\x00\xff"),
        ("gzip", gzip.compress(ANSWER.encode(), mtime=0)[:-9]),
        ("deflate", zlib.compress(ANSWER.encode())[:-9]),
    ],
)
def test_a_body_that_cannot_be_opened_is_refused_with_a_way_out(tmp_path, project, coding, body):
    coded = base64.b64encode(body).decode()
    text = cassette(f"!!binary {coded}", more=f"Content-Encoding: ['{coding}']")
    said = refusal(tmp_path, project, "vcrpy", text, "tape.yaml")
    assert f"interactions[0].response: its body cannot be undone from {coding}" in said
    assert "record it anew with the request header 'Accept-Encoding: gzip'" in said


def test_a_body_that_is_small_only_while_it_is_compressed_is_refused(tmp_path, project):
    body = base64.b64encode(gzip.compress(bytes(2**28))).decode()
    text = cassette(f"!!binary {body}", more="Content-Encoding: [gzip]")
    tracemalloc.start()
    said = refusal(tmp_path, project, "vcrpy", text, "tape.yaml")
    assert "cannot be undone from gzip; it is over 67108864 bytes" in said
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()


def chunked(*chunks, encoding="base64", **more):
    entry = uncoded(har_entry(json.dumps(chunks), content={"encoding": encoding}))
    entry["response"] |= more
    return entry


def test_chunks_in_base64_are_joined(tmp_path, project):
    packed = gzip.compress(ANSWER.encode())
    pieces = [base64.b64encode(one).decode() for one in (packed[:20], packed[20:])]
    entry = with_header(chunked(*pieces), "Content-Encoding", "gzip")
    found = response(load(tmp_path, project, "har", har(entry)))
    assert (found.body, found.coding) == (packed, "gzip")
    assert found.plain.body == ANSWER.encode()


def test_chunks_in_hexadecimal_are_joined(tmp_path, project):
    data = ANSWER.encode()
    entry = chunked(data[:9].hex(), data[9:].hex(), encoding="", _isBinary=True)
    assert response(load(tmp_path, project, "har", har(entry))).body == data


def test_a_list_of_texts_is_json_where_nothing_says_otherwise(tmp_path, project):
    assert response(load(tmp_path, project, "har", har(har_entry('["ab"]')))).body == b'["ab"]'


@pytest.mark.parametrize("text", ["[1]", '["%"]', "[" * 9])
def test_chunks_that_are_none_are_refused(tmp_path, project, text):
    entry = har_entry(text, content={"encoding": "base64"})
    assert "response.content.text: expected" in refusal(tmp_path, project, "har", har(entry))


@pytest.mark.parametrize(
    ("kind", "encoding", "wanted"),
    [
        ("text/plain; charset=iso-8859-1", None, "é".encode("latin-1")),
        ('text/plain; charset="ISO-8859-1"', "", "é".encode("latin-1")),
        ("text/plain; charset=utf-16-le", None, "é".encode("utf-16-le")),
        ("text/plain", "windows-1252", "é".encode("cp1252")),
        ("text/plain; charset=ascii", None, "é".encode()),
        ("text/plain; charset=nonsense", None, "é".encode()),
        ("text/event-stream; charset=iso-8859-1", None, "data: é\n\n".encode()),
        ("text/plain", None, "é".encode()),
    ],
)
def test_a_text_becomes_the_bytes_that_it_was(tmp_path, project, kind, encoding, wanted):
    is_stream = kind.startswith(EVENTS)
    text = "data: é\n\n" if is_stream else "é"
    entry = har_entry(text, kind, content={"encoding": encoding} if encoding is not None else {})
    scenario = "streaming" if is_stream else "basic"
    assert response(load(tmp_path, project, "har", har(entry), scenario=scenario)).body == wanted


def test_the_test_proxy_reads_a_text_by_its_character_set(tmp_path, project):
    content = proxy("é", "text/plain; charset=iso-8859-1")
    found = response(load(tmp_path, project, "azure-test-proxy", content))
    assert found.body == b"\xe9"


@pytest.mark.parametrize("encoding", ["hex", "quoted-printable", "rot13", "what\0"])
def test_an_encoding_that_is_none_is_refused(tmp_path, project, encoding):
    entry = har_entry("61", content={"encoding": encoding})
    said = refusal(tmp_path, project, "har", har(entry))
    assert "expected as its encoding base64, a character set, or nothing; received" in said
