"""A sample that dies says why on either stream."""

import pytest

from harness.checks.check import Evidence
from harness.model.observation import Exit, Observation

NODE = b"file:///x.mjs:1\ncnst a = 1;\n     ^\n\n%s\n\nNode.js v24.19.0\n"
SYNTAX = "SyntaxError: Unexpected identifier 'a'"


def words(stdout, stderr):
    observation = Observation(
        requests=(),
        stdout=stdout,
        stderr=stderr,
        exit=Exit(code=1),
        gates=(),
        canary="canary-0123456789",
        limit_s=1,
        duration_ms=1,
    )
    return Evidence(cell=None, observation=observation).last_words


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        (b"Error: no such model\n", b"", "Error: no such model"),
        (b"half an answer\n", b"Traceback\nValueError: no\n", "ValueError: no"),
        (b"Error: canary-0123456789 is no key\n\n", b" \n", "Error: {token} is no key"),
        (b"", b"", ""),
        (b"", NODE % b"SyntaxError: Unexpected identifier 'a'\n    at f (node:a/b:1:2)", SYNTAX),
        (
            b"",
            NODE % b"Error [E]: no x\n    at f (node:a/b:1:2) {\n  code: 'E'\n}",
            "Error [E]: no x",
        ),
        (b"", NODE % b"text\n(Use `node --trace-uncaught ...` to show where)", "text"),
        (b"", b"  all of it\n  is indented\n", "is indented"),
    ],
)
def test_the_last_line_of_either_stream_without_the_token(stdout, stderr, said):
    assert words(stdout, stderr) == said


def test_last_words_are_few_and_show_no_part_of_the_token():
    said = words(b"x" * 290 + b"canary-0123456789" * 1000, b"")
    assert len(said) == 300
    assert "canary" not in said
