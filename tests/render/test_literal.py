import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.model.jsonvalue import differences
from harness.model.problem import InvalidError
from harness.render.literal import literal

AWKWARD = [
    "", "'", '"', "`", '"""', "'''", "\\", "\\\\", "\\'", '\\"', "\\n", "\n", "\r", "\r\n", "\t",
    "$HOME", "${HOME}", "$(id)", "`id`", "!!", "%s", "@ARGV", "@{[1]}", "#{1}", "EOF", "\nEOF\n",
    "*/", "//", "</script>", "<!--", "{{ x }}", "{% x %}", "{0}", "\0", "\x001", "\x1b[31m", "\x7f",
    "\x80", "\x85", "\xa0", "\xad", "\u200b", "\u2028", "\u2029", "\u202e", "\ufeff", "\ue000",
    "\uffff", "é", "e\u0301", "\u0301", "😀", "👩\u200d💻", "\U0001f1eb\U0001f1f7", "\U0010ffff",
    "日本語", "مرحبا", "“”‘’«»", "\\u0041", "\\x41", "\\N{DASH}", "~", "$'x'",
]  # fmt: skip
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text() | st.lists(st.sampled_from(AWKWARD)).map("".join)
PLAIN = st.none() | st.booleans() | INTEGERS | TEXT
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def nested(leaves):
    names = TEXT | st.just("__proto__")
    return st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8
    )


BATCH = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("language", ["python", "javascript", "curl", "perl"])
@BATCH
@given(st.lists(TEXT, min_size=100, max_size=300))
@example(AWKWARD)
@example([chr(point) for point in range(0x800)])
def test_every_text_is_read_back_as_it_was(language, rules, read_back, texts):
    assert read_back(language, [literal(text, rules[language]) for text in texts]) == texts


@pytest.mark.parametrize("language", ["python", "javascript", "curl"])
@BATCH
@given(st.lists(nested(PLAIN | FLOATS), min_size=20, max_size=60))
@example(
    [
        1,
        1.0,
        -0.0,
        1e300,
        5e-324,
        3.998084623227989e16,
        True,
        None,
        2**53 - 1,
        [[]],
        {},
        {"__proto__": {}},
    ]
)
def test_every_json_value_is_read_back_as_it_was(language, rules, read_back, values):
    received = read_back(language, [literal(value, rules[language]) for value in values])
    assert list(differences(values, received)) == []


@BATCH
@given(st.lists(nested(PLAIN), min_size=20, max_size=60))
def test_a_language_of_data_alone_does_as_well(rules, read_back, values):
    # Perl itself shortens a float when it prints one, so there are none here.
    received = read_back("perl", [literal(value, rules["perl"]) for value in values])
    assert list(differences(values, received)) == []


@pytest.mark.parametrize(
    ("language", "char"),
    [
        *((language, char) for language in ("python", "javascript", "perl") for char in '"\\'),
        *(("curl", char) for char in "\"\\'"),
        *(("perl", char) for char in "$@"),
    ],
)
def test_a_rule_that_lacks_an_escape_would_be_caught(language, char, rules, read_back):
    old = rules[language].string
    escapes = {name: spelled for name, spelled in old.escapes.items() if name != char}
    string = msgspec.structs.replace(old, escapes=escapes)
    broken = msgspec.structs.replace(rules[language], string=string)
    texts = [f"{char}x", f"{char}{char}", f"a{char}b"]
    with pytest.raises((AssertionError, ValueError)):
        assert read_back(language, [literal(text, broken) for text in texts]) == texts


def test_text_that_can_be_seen_stays_as_it_is(rules):
    assert literal("Où est “l’école” ? 日本 😀", rules["python"]) == '"Où est “l’école” ? 日本 😀"'


def test_text_that_cannot_be_seen_is_spelled(rules):
    spelled = {name: literal("\u202e\U000e0001", each) for name, each in rules.items()}
    assert spelled == {
        "python": r'"\u202e\U000e0001"',
        "javascript": r'"\u202e\u{e0001}"',
        "curl": r'"\u202e\udb40\udc01"',
        "perl": r'"\x{202e}\x{e0001}"',
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "JSON has no number nan"),
        (float("-inf"), "JSON has no number -inf"),
        (2**53, "expected an integer within"),
        (-(2**53), "expected an integer within"),
        ("\ud83d", "half of a surrogate pair (U+D83D)"),
        ({"\udc00": 1}, "half of a surrogate pair (U+DC00)"),
        ({1: 2}, "expected names that are text; received 1"),
        ({1, 2}, "expected a JSON value; received a set"),
        (b"", "expected a JSON value; received a bytes"),
    ],
)
def test_what_no_sample_can_carry_is_refused(rules, value, message):
    with pytest.raises(InvalidError) as caught:
        literal(["a", {"b": value}], rules["python"], file="x.yaml")
    (problem,) = caught.value.problems
    assert problem.file == "x.yaml"
    assert problem.field.startswith('[1]["b"]')
    assert message in problem.message


def test_a_character_without_a_spelling_is_refused(rules):
    string = msgspec.structs.replace(rules["python"].string, others=())
    bare = msgspec.structs.replace(rules["python"], string=string)
    with pytest.raises(InvalidError, match=r"no spelling for U\+0007\n.*literals.string"):
        literal("\a", bare)
