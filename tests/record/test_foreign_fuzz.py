"""Whatever is in a file of others, what comes is a recording that can be kept, or a named problem."""

import json
import os
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from others import ANSWER, URL, cassette, har, har_entry, load, proxy, response

from harness.model import build
from harness.model.dump import dump
from harness.model.problem import InvalidError
from harness.record.foreign import loading
from harness.record.foreign.importing import import_file
from harness.record.rules import load_rules
from harness.record.shelf import Shelf

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [10**400, -1, 0, 200, 999, 1e400, "", "\ud800", "gzip", "base64", "9999-99-99"]
    ),
    st.text(st.characters(codec=None), max_size=9),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(
        st.text(st.characters(codec=None), max_size=9), st.text(max_size=9), max_size=2
    ),
)
GOOD = {
    "har": har(har_entry()),
    "vcrpy": {
        "interactions": [
            {
                "request": {"method": "POST", "uri": URL, "body": "{}"},
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"Content-Type": ["application/json"], "X-One": ["1"]},
                    "body": {"string": ANSWER},
                },
                "recorded_at": "2025-01-02",
            }
        ]
    },
    "azure-test-proxy": proxy({"a": 1}),
}


def places(value, place=()):
    yield place
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in steps:
            yield from places(item, (*place, step))


def changed(value, place, new):
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(copy[place[0]], place[1:], new)
    return copy


def today():
    return date.today().isoformat()  # noqa: DTZ011  (the user's own day)


def read_back(folder, recording):
    path = folder / f"{recording.scenario}.yaml"
    path.write_text(dump(recording), "utf-8")
    problems = []
    assert build.recording(path, recording.file, problems) == recording, problems


@cache
def rules():
    return load_rules(Path())


def ends_well(folder, project, form, content, name="file.json"):
    shelf = Shelf(folder, folder, project, rules())
    try:
        imported = load(folder, project, form, json.dumps(content), name)
    except InvalidError as error:
        said = [f"{one.file}: {one.message}" for one in error.problems]
    else:
        with suppress(InvalidError):  # something in it may look like a secret
            read_back(folder, shelf.cleaned(imported.recording))
        read_back(folder, imported.recording)
        date.fromisoformat(imported.recording.provenance.on)
        said = [*imported.left_out, *imported.notes]
    assert all(one.isprintable() and one.encode() for one in said)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_any_place_ends_well(tmp_path_factory, project, data):
    form = data.draw(st.sampled_from(sorted(GOOD)))
    content = GOOD[form]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(content))))
        content = changed(content, place, data.draw(ODD))
    ends_well(tmp_path_factory.getbasetemp(), project, form, content)


@settings(max_examples=200, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(str.encode),
        st.text("[]{}:-!&*<'\"\\ \n#|>%@?01az", max_size=40).map(str.encode),
    )
)
@example(b'interactions: "\\UFFFFFFFF"')
@example(b"%YAML 9.9\n---\ninteractions: []")
@example(b"%TAG ! x\n---\n!a")
@example(b"a: &a [*a]")
@example(b"interactions: &a [*a]")
@example(b"? [a]\n: 1")
@example(b"<<: 3")
@example(b"interactions: 2026-13-45")
@example(b"a: 9999-12-31T23:59:59-23:59")
@example(b"a: !!int one")
@example(b"a: !!binary '%'")
@example(b"a: " + b"9" * 5000)
@example(b'{"interactions": ' + b"9" * 5000 + b"}")
@example(b"[" * 3000)
@example(b"\xff\xfe{\x00}\x00")
def test_any_bytes_end_well(tmp_path_factory, project, data):
    folder = tmp_path_factory.getbasetemp()
    for form, name in (("har", "f.har"), ("vcrpy", "f.yaml"), ("azure-test-proxy", "f.json")):
        (folder / name).write_bytes(data)
        with pytest.raises(InvalidError) as caught:
            import_file(folder / name, form, project.scenarios["basic"], project.operations["chat"])
        assert str(folder / name) in str(caught.value)


def refusal(folder, project, form, content, name="file.json"):
    with pytest.raises(InvalidError) as caught:
        load(folder, project, form, content, name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("folder", "this is a folder"),
        ("fifo", "expected a plain file"),
        ("device", "to /dev/zero"),
        ("empty", "this file is empty"),
        ("blank", "this file is empty"),
        ("binary", "this is not UTF-8"),
        ("nul", "cannot be read"),
    ],
)
@pytest.mark.parametrize("form", ["har", "vcrpy", "azure-test-proxy"])
def test_what_is_no_file_of_text_is_refused(tmp_path, project, kind, complaint, form):
    path = tmp_path / "x.json"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "empty":
            path.touch()
        case "blank":
            path.write_text("\ufeff \n", "utf-8")
        case "binary":
            path.write_bytes(b"\x89PNG\r\n\x1a\n\xff")
        case "nul":
            path.symlink_to(path)
    with pytest.raises(InvalidError, match=complaint):
        import_file(path, form, project.scenarios["basic"], project.operations["chat"])


@pytest.mark.parametrize(
    "place", ["interactions: *a59", "other: *a59\ninteractions: [{response: *a59}]"]
)
def test_aliases_are_bounded_by_what_they_stand_for(tmp_path, project, place):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    text = "\n".join([*lines, place])
    said = refusal(tmp_path, project, "vcrpy", text, "tape.yaml")
    assert "tape.yaml:6: not YAML: more than 1000000 values, with its aliases written out" in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("text", "why"),
    [("[x, x, x, x]", "more than 4 values"), ("[" * 200, "nested too deeply: more than 100")],
)
def test_a_tape_is_bounded_by_its_values_and_its_depth(text, why, tmp_path, project, monkeypatch):
    if "more than 4" in why:
        monkeypatch.setattr(loading, "MOST_VALUES", 4)
    assert f"tape.yaml:1: not YAML: {why}" in refusal(tmp_path, project, "vcrpy", text, "tape.yaml")


def test_a_cassette_of_an_old_python_is_read(tmp_path, project):
    text = cassette(f"!!python/unicode '{ANSWER}'")
    assert response(load(tmp_path, project, "vcrpy", text, "t.yaml")).body == ANSWER.encode()


def test_what_only_a_program_can_make_is_named_where_it_matters(tmp_path, project):
    text = cassette("!!python/object/apply:os.system [ls]")
    said = refusal(tmp_path, project, "vcrpy", text, "tape.yaml")
    expected = "interactions[0].response.body.string: expected a text, or bytes"
    assert f"{expected}; received !!python/object/apply:os.system in line 9" in said


def test_a_cassette_of_httpx_as_it_was_written_before(tmp_path, project):
    text = f"""\
interactions:
- request:
    body: null
    method: POST
    uri: {URL}
  response:
    content: '{ANSWER}'
    headers:
      Content-Type: [application/json]
      Content-Encoding: [gzip]
      Transfer-Encoding: [chunked]
    http_version: HTTP/1.1
    status_code: 200
version: 1
"""
    found = response(load(tmp_path, project, "vcrpy", text, "tape.yaml"))
    assert found.body == ANSWER.encode()
    assert (found.status, found.reason, found.framing) == (200, "OK", "chunked")
    assert found.coding == ""


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("X One", "1", 'headers: expected a header\'s name; received "X One"'),
        ("X-\ud800", "1", 'expected a header\'s name; received "X-\\ud800"'),
        ("X-One", "a\x00", "headers.X-One: expected a header's value"),
        ("X-One", 5, "headers[0].value: expected a text; received 5"),
        (5, "1", "headers[0].name: expected a text; received 5"),
        (None, "1", ""),
        ("X-One", None, ""),
        (":status", "200", ""),
        ("X-One", "日本", ""),
        ("Set-Cookie", "a=1\nb=2", ""),
        ("Connection", "X-Two", ""),
    ],
)
def test_headers_are_such_as_can_be_sent(tmp_path, project, name, value, complaint):
    entry = har_entry()
    entry["response"]["headers"] = [{"name": name, "value": value}]
    if complaint:
        assert complaint in refusal(tmp_path, project, "har", har(entry))
        return
    imported = load(tmp_path, project, "har", har(entry))
    read_back(tmp_path, imported.recording)
    expected = {
        "日本": (("X-One", "日本".encode().decode("latin-1")),),
        "a=1\nb=2": (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
    }
    assert response(imported).headers == expected.get(value, ())


def test_headers_may_be_nothing(tmp_path, project):
    entry = har_entry()
    entry["response"] |= {"headers": None, "statusText": None}
    entry["startedDateTime"] = "9999-99-99T00:00:00Z"
    imported = load(tmp_path, project, "har", "\ufeff" + json.dumps(har(entry)))
    assert response(imported).headers == ()
    assert imported.recording.provenance.on == today()


@pytest.mark.parametrize(
    "told", ["Fri, 99 Foo 99999 99:99:99 GMT", "", "x" * 99, "1 Jan 999999999"]
)
def test_a_day_that_is_none_is_left_to_others(tmp_path, project, told):
    text = cassette(f"'{ANSWER}'").replace("Wed, 04 Mar 2026 05:06:07 GMT", told)
    imported = load(tmp_path, project, "vcrpy", text, "tape.yaml")
    assert imported.recording.provenance.on == today()


@pytest.mark.parametrize(
    ("headers", "framing"),
    [
        ({"Transfer-Encoding": "chunked"}, "chunked"),
        ({"Content-Length": "44"}, "length or unknown"),
        ({"Transfer-Encoding": "chunked", "Content-Length": "44"}, "chunked"),
        ({}, None),
    ],
)
@pytest.mark.parametrize("is_stream", [True, False])
def test_a_framing_that_the_file_does_not_tell_is_unknown_and_keeps_nobody_waiting(
    tmp_path, project, headers, framing, is_stream
):
    kind = "text/event-stream" if is_stream else "application/json"
    entry = har_entry("data: [DONE]\n\n" if is_stream else ANSWER, kind)
    entry["response"]["headers"] += [{"name": a, "value": b} for a, b in headers.items()]
    entry["response"]["httpVersion"] = "h2"
    if framing == "length or unknown":  # a recorder has put it there, if it is a stream
        framing = None if is_stream else "length"
    scenario = "streaming" if is_stream else "basic"
    imported = load(tmp_path, project, "har", har(entry), scenario=scenario)
    found = response(imported)
    assert found.framing == (framing or ("chunked" if is_stream else "length"))
    assert found.framing_known == (framing is not None)
    assert not {name.lower() for name, _ in found.headers} & {"content-length", "transfer-encoding"}
    assert ("framing: unknown" in dump(imported.recording)) == (framing is None)
