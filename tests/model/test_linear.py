"""Patterns that projects bring: none of them can take for ever, and what cannot be matched is told."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import build, linear
from harness.model.operation import Operation
from harness.record.rules import load_rules
from harness.record.sanitize import sanitized
from tests.record.test_sanitize import answer

ENDLESS = "(?:a|a)*(?:a+)+b"
TEXT = "a" * 5_000
SHARE_S = 2.0
"""What Python's own engine needs for such a text is counted in years."""


@pytest.fixture
def operation(root, tmp_path):
    """An operation of the project's, with something put in the place of something else."""
    text = (root / "samples/operations/chat.yaml").read_text("utf-8")

    def made(old: str, new: str) -> tuple[Operation | None, list[str]]:
        assert old in text
        path, problems = tmp_path / "chat.yaml", []
        path.write_text(text.replace(old, new), "utf-8")
        return build.operation(path, "chat.yaml", problems), [str(one) for one in problems]

    return made


def soon(act):
    """What comes of something that must not take long."""
    start = time.process_time()
    found = act()
    assert time.process_time() - start < SHARE_S
    return found


def test_no_pattern_of_an_operation_takes_for_ever(operation):
    kind, _ = operation("Content-Type: application/json\n", f"X-Word: '{ENDLESS}'\n")
    assert soon(lambda: [*kind.header_faults([("X-Word", TEXT)])])
    kind, _ = operation(r"'\d{4}-\d{2}-\d{2}(-preview)?'", f"'{ENDLESS}'")
    assert soon(lambda: [*kind.query_faults([("api-version", TEXT)])])
    assert not [*kind.query_faults([("api-version", "aab")])]


@pytest.mark.parametrize(
    "schema",
    [
        f"{{type: string, pattern: '{ENDLESS}'}}",
        f"{{patternProperties: {{'{ENDLESS}': {{type: integer}}}}, additionalProperties: false}}",
        f"{{patternProperties: {{'{ENDLESS}': {{}}}}, additionalProperties: {{type: integer}}}}",
    ],
)
def test_no_pattern_of_a_parameter_takes_for_ever(schema, operation, root, tmp_path):
    from harness.model.validator import errors

    kind, problems = operation("seed: {type: integer}", f"seed: {schema}")
    assert not problems
    wanted = kind.parameters["seed"]
    value = TEXT if "type: string" in schema else {TEXT: "x"}
    assert soon(lambda: [*errors(wanted, value, foreign=True)]) or "{}}" in schema
    assert not [*errors(wanted, "aab" if isinstance(value, str) else {"aab": 1}, foreign=True)]


def test_no_pattern_of_a_rule_takes_for_ever(tmp_path):
    (tmp_path / "samples").mkdir()
    rules = f"sanitizers:\n  x: {{why: a, headers: [x-word], pattern: '{ENDLESS}'}}\n"
    (tmp_path / "samples/sanitizers.yaml").write_text(rules, "utf-8")
    own = load_rules(tmp_path).sanitizers
    found = soon(lambda: sanitized(answer(headers=(("x-word", TEXT),)), own).headers)
    assert found == (("x-word", TEXT),)
    found = sanitized(answer(headers=(("x-word", "é aab é"),)), own).headers
    assert found == (("x-word", "é 000 é"),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("(-preview)?'", "(?!x)'", ":8: query.api-version: .*no lookarounds: \\(\\?!"),
        ("Content-Type: app", r"X: (a)\1 #", r":13: headers.X: .*no references back: \\1"),
        (
            "seed: {type: i",
            "seed: {pattern: '(?=x)'} #",
            ": parameters.seed.pattern: .*lookarounds",
        ),
        ("seed: {type: i", "seed: {patternProperties: {'(': {}}} #", ": parameters.seed.patternPr"),
        ("seed: {type: i", "seed: {pattern: '((a{99}){99}){99}'} #", ": parameters.seed.pattern: "),
        (
            "seed: {type: i",
            "seed: {patternProperties: {a: {}}, unevaluatedProperties: false} #",
            ": parameters.seed.unevaluatedProperties: this cannot be together",
        ),
    ],
)
def test_a_pattern_that_cannot_be_matched_so_is_refused_where_it_stands(old, new, told, operation):
    import re

    kind, problems = operation(old, new)
    assert kind is None
    assert [one for one in problems if re.search(told, one)], problems


def test_nothing_is_printed_by_the_engine(capfd):
    with pytest.raises(ValueError, match="missing"):
        linear.compiled("(")
    assert capfd.readouterr() == ("", "")


@given(st.text(st.characters(), max_size=20))
def test_places_are_those_of_characters_in_any_text(text):
    found = [one.span() for one in linear.compiled("x+").finditer(f"{text}xx\ud800x")]
    assert found[-2:][0][1] - found[-2:][0][0] >= 2
    assert found[-1] == (len(text) + 3, len(text) + 4)


def test_escapes_of_json_schemas_are_read():
    assert linear.compiled(r"^[\u00e9-\u00ff]+$").search("éü")
    assert not linear.compiled(r"^\\u0061$").search("a")
    assert not linear.compiled("^a$").search("a\n")


def test_references_that_double_are_not_followed_for_ever():
    from harness.model.validator import errors

    kinds = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n - 1}"}] * 2} for n in range(1, 60)}
    schema = {"$defs": {"d0": {}, **kinds}, "$ref": "#/$defs/d59"}
    with pytest.raises(RecursionError):
        [*errors(schema, 1, foreign=True)]
    assert not [*errors({**schema, "$ref": "#/$defs/d9"}, 1, foreign=True)]
