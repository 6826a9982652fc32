"""What the terminal shows otherwise is told from where it is another."""

import pytest

from harness.checks import outcome


@pytest.fixture
def told(run):
    """How it is told that a client showed something in place of the answer, or after it."""

    def told(client, shown, *, after=False):
        evidence = run(client)
        if after:
            shown = evidence.last.body.decode().rstrip() + shown
        (finding,) = outcome.output_text(run(client, shown=shown.encode()))
        return finding.message

    return told


def test_another_text_is_told_from_its_beginning(told):
    assert told("python", "Lyon is.\n").endswith("from line 1 on: 'Lyon is.'")


def test_what_comes_late_in_a_long_line_is_told(told):
    message = told("curl", "debug\n", after=True)
    assert message.startswith("the terminal shows another text, from line 1 on: '…")
    assert message.endswith("debug'")
    assert len(message) < 130
