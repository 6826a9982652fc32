"""The project's own samples: with mistakes put in, with errors for an answer, and told in other pieces."""

import pytest
from workshop import MINIATURES, answered, errors, variants

from harness.outcome import exit_code

VARIANTS = variants(MINIATURES / "real.yaml")
ERRORS = errors()
CLIENTS = ["curl", "javascript", "python"]
TRIES = {("html", "javascript"): 4}
"""Requests that a library sends before it takes an error for an answer; 1 unless told."""


@pytest.fixture(scope="module")
def judged(real):
    return real.judge(VARIANTS, "curl")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.slug)
def test_a_published_mistake_is_named_by_one_check(judged, variant):
    one = judged[variant.name]
    named = one.named if not variant.error else {found.check for found in one.outcome.findings}
    assert named == ({variant.check} if variant.check else set()), one
    assert [text for text in variant.says if text not in one.said] == [], one.said
    assert exit_code([one.outcome], []) == (1 if variant.check else 0)


SCENARIOS = {"denied": ("basic", "multi_turn", "streaming")} | dict.fromkeys(
    ["text", "list", "html", "not-json"], ("basic", "streaming")
)
"""Templates tell apart only whether an answer is streamed; `basic` meets every error."""

ASKED = [
    (name, client, scenario)
    for name in ERRORS
    for client in CLIENTS
    for scenario in SCENARIOS.get(name, ("basic",))
]


@pytest.fixture(scope="module")
def failed(real):
    cells = [
        answered(real.cell(client, scenario), *[ERRORS[name]] * TRIES.get((name, client), 1))
        for name, client, scenario in ASKED
    ]
    return dict(zip(ASKED, real.run(cells), strict=True))


@pytest.mark.parametrize(("name", "client", "scenario"), ASKED)
def test_an_error_is_shown_and_ends_the_sample_with_a_status_of_its_own(
    failed, name, client, scenario
):
    outcome = failed[name, client, scenario]
    assert outcome.verdict == "pass", outcome
    assert outcome.observation.exit.code == (22 if client == "curl" else 1)
