"""A file that people edit may hold anything: each thing wrong is a problem with file and line."""

import os
import resource
import shutil
import subprocess
import sys
import textwrap

import pytest

from harness.model import build
from harness.model.loader import load
from harness.model.problem import SHOWN, InvalidError

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)
"""Nine times nine to the ninth, in some 400 bytes."""

MEMORY = 1 << 30
"""Bytes that reading a small file may take, at the very most."""


def problems_of(tmp_path, text, schema="scenario"):
    path = tmp_path / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = []
    load(path, "x.yaml", schema, problems)
    return [str(problem) for problem in sorted(problems)]


def test_aliases_of_aliases_cost_neither_memory_nor_time(tmp_path):
    (tmp_path / "x.yaml").write_text(BOMB)
    program = textwrap.dedent(
        """\
        import sys
        from pathlib import Path
        from harness.model.loader import load
        problems = []
        load(Path(sys.argv[1]), "x.yaml", "scenario", problems)
        print(*problems, sep="\\n")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "x.yaml"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.stderr == ""
    assert done.stdout == "x.yaml:1: more than 250000 values, with its aliases written out\n"


def test_an_alias_stands_for_what_it_names(tmp_path):
    text = "operation: chat\ntitle: &t one\nsummary: *t\nmessages: [{role: user, content: *t}]\n"
    assert problems_of(tmp_path, text) == []


def test_an_anchor_may_be_given_anew(tmp_path):
    text = "operation: &a chat\ntitle: &a one\nsummary: *a\nmessages: [{role: user, content: *a}]\n"
    assert problems_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!!int one", "expected an integer; received 'one'"),
        ("!!float one", "expected a number; received 'one'"),
        ("!!bool maybe", "expected true or false; received 'maybe'"),
        ("!!set {a}", "a tag (!set) is not allowed here"),
        ("!!str {a: 1}", "a tag (!str) is not allowed here"),
        ("!!omap [a: 1]", "a tag (!omap) is not allowed here"),
        ("!!binary eA==", "a tag (!binary) is not allowed here"),
        ("!!python/object:os.system {a: 1}", "a tag (!python/object:os.system) is not allowed"),
        ("1" * 5_000, "expected an integer; received one of 5000 characters"),
        ("1" * 300_000, "expected an integer; received one of 300000 characters"),
        ("0x" + "f" * 300_000, "expected an integer; received one of 300002 characters"),
        ("1e999999", "JSON has no number inf"),
        ("-.inf", "JSON has no number -inf"),
        ("{<<: {a: 1}}", "a merge key (<<) is not read"),
        ("{[a]: 1}", "a key must be a plain word"),
        ('{"\\ud800": 1}', "holds half of a surrogate pair"),
        ("*nobody", "not YAML: found undefined alias 'nobody'"),
        ("[" * 101 + "]" * 101, "not YAML: nested too deeply: more than 100"),
        ("a\x00b", "not YAML: it may not hold the character U+0000"),
        ("a\x1bb", "not YAML: it may not hold the character U+001B"),
        ('"\\Uffffffff"', "not YAML"),
        ("x\n--- another document", "not YAML: but found another document"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_wrong_with_a_value_is_told_with_its_line(tmp_path, value, message):
    found = problems_of(tmp_path, f"operation: chat\ntitle: {value}\n")
    (own,) = [text for text in found if message in text]
    assert own.startswith(("x.yaml:2: ", "x.yaml:3: not YAML", "x.yaml: not YAML"))
    assert "x.yaml:2: title: expected a text; received null" not in found, "it is told once"
    assert all(len(text) < 1000 for text in found)


def test_one_who_nests_deeper_by_aliases_is_told_so(tmp_path):
    links = "".join(f"a{n + 1}: &a{n + 1} [[[[*a{n}]]]]\n" for n in range(40))
    found = problems_of(tmp_path, f"a0: &a0 [x]\n{links}")
    assert found == ["x.yaml:2: nested too deeply: more than 100"]


def test_too_much_of_one_kind_is_told_in_a_few_lines(tmp_path):
    text = "".join(f"key{n}: v\n" for n in range(10_000))
    path = tmp_path / "x.yaml"
    path.write_text(text)
    problems = []
    load(path, "x.yaml", "scenario", problems)
    told = str(InvalidError(problems)).splitlines()
    assert told[-1] == f"x.yaml: and {len(problems) - SHOWN:,} more"
    assert len(told) <= 2 * SHOWN + 1
    assert len(InvalidError(problems).problems) == len(problems) > 10_000


def test_problems_of_a_few_files_are_all_told(tmp_path):
    found = [text for n in range(3) for text in problems_of(tmp_path, f"k{n}: 1\n")]
    assert len(found) == 3 * 5


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "large", "loop"])
def test_what_is_no_file_is_neither_waited_for_nor_read(tmp_path, kind, monkeypatch):
    path = tmp_path / "x.yaml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "large":
        with path.open("wb") as file:
            file.truncate((16 << 20) + 1)
    else:
        path.symlink_to(path)
    problems = []
    assert load(path, "x.yaml", "scenario", problems) is None
    messages = {
        "folder": "expected a file; this is a folder",
        "pipe": "expected a plain file; this is none",
        "device": f"this leads out of {tmp_path}, to /dev/zero",
        "large": "expected at most 16777216 bytes",
        "loop": "Too many levels of symbolic links",
    }
    assert [str(problem) for problem in problems] == [f"x.yaml: cannot be read: {messages[kind]}"]


@pytest.fixture
def catalog(tmp_path, root):
    whole = (root / "samples" / "catalog.yaml").read_text("utf-8")

    def read(addition):
        path = tmp_path / "catalog.yaml"
        path.write_text(f"{whole.rstrip()}\n{textwrap.indent(addition, '  ')}", encoding="utf-8")
        problems = []
        found = build.catalog(path, "catalog.yaml", problems)
        return found, [str(problem) for problem in problems]

    return read


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://localhost:port",
        "http://[::1",
        "http://[::1]x:80",
        "http://a..b",
        "http://-a",
        f"http://{'a' * 64}",
        '"http://localhost\\n"',
        "ftp://localhost",
        "http://user@localhost",
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(catalog, url):
    found, (problem,) = catalog(f"odd:\n  title: Odd\n  url: {url}\n")
    assert found is None
    assert "endpoints.odd.url: expected a URL" in problem
    assert problem.startswith("catalog.yaml:")


@pytest.mark.parametrize("url", ["http://[::1]:80/v1", "http://a_b.c-d:1", "https://x.example/v1/"])
def test_an_endpoint_that_can_be_is_taken(catalog, url):
    found, problems = catalog(f"odd:\n  title: Odd\n  url: {url}\n")
    assert problems == []
    assert found.endpoints["odd"].url == url


@pytest.mark.parametrize(
    "date", ["2026-13-45", "2026-02-30", "'20260730'", '"2026-07-30\\n"', "now"]
)
def test_a_date_is_a_day_of_the_calendar(catalog, date):
    found, (problem,) = catalog(f"odd:\n  title: Odd\n  url: http://a\n  retired: {date}\n")
    assert found is None
    assert "endpoints.odd.retired: expected a date like 2026-07-30; received" in problem


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{type: nubmer}", 'type: expected one of "array", "boolean"'),
        ("{type: nubmer}", "did you mean number?"),
        ("{type: [text, string]}", "type: expected"),
        ("{minimum: a}", "minimum: expected a number; received"),
        ("{items: [{}]}", "items: expected a mapping or a boolean"),
        ("{pattern: (}", "pattern: "),
        ("{patternProperties: {(: {}}}", "patternProperties: "),
        ("{multipleOf: 0}", "multipleOf: "),
        ("{$ref: '#/nowhere'}", "$ref: there is no #/nowhere in this schema"),
        ("{anyOf: [{$ref: 'http://127.0.0.1:1/x'}]}", "anyOf[0].$ref: only what is in this schema"),
    ],
)
def test_a_schema_in_an_operation_is_a_schema(tmp_path, root, schema, message):
    whole = (root / "samples" / "operations" / "chat.yaml").read_text("utf-8")
    path = tmp_path / "chat.yaml"
    path.write_text(whole.replace("parameters:\n", f"parameters:\n  odd: {schema}\n"), "utf-8")
    problems = []
    assert build.operation(path, "chat.yaml", problems) is None
    told = [str(problem) for problem in problems]
    assert [text for text in told if "parameters.odd." in text and message in text]
    assert len(problems) == len(set(problems)), "each is told once"


def test_a_schema_without_end_is_told_where_it_is_used(tmp_path, root, project):
    operations = root / "samples" / "operations"
    whole = (operations / "chat.yaml").read_text("utf-8")
    (tmp_path / "chat.yaml").write_text(
        whole.replace("parameters:\n", "parameters:\n  odd: {$ref: '#'}\n"), "utf-8"
    )
    problems = []
    chat = build.operation(tmp_path / "chat.yaml", "chat.yaml", problems)
    assert problems == []
    text = (
        "operation: chat\ntitle: t\nsummary: s\nmessages: [{role: user, content: c}]\n"
        "parameters: {odd: 1}\n"
    )
    (tmp_path / "example.yaml").write_text(text)
    build.scenario(tmp_path / "example.yaml", "example.yaml", {"chat": chat}, {}, problems)
    (problem,) = map(str, problems)
    assert problem.startswith("example.yaml:5: parameters.odd: cannot be held against its schema")


@pytest.mark.parametrize("name", ["pl\udcff", "a b", "-a", "a@b", "*"])
def test_a_client_has_a_name_that_can_be_typed_and_kept(tmp_path, root, name):
    folder = tmp_path / name
    shutil.copytree(root / "samples" / "curl", folder)
    problems = []
    assert build.client(folder, f"samples/{name}", problems) is None
    (problem,) = problems
    assert "expected a folder name of letters, digits" in problem.message
