"""Samples that are wrong in one way each are named by one check each; those that differ pass."""

import pytest
from processes import started_for
from workshop import MINIATURES, variants

from harness.checks.judge import CHECKS
from harness.outcome import exit_code

WRONG = variants(MINIATURES / "wrong.yaml")
DIFFERENT = variants(MINIATURES / "different.yaml")


@pytest.fixture(scope="module")
def wrong(miniatures):
    return judged(miniatures, WRONG)


@pytest.fixture(scope="module")
def different(miniatures):
    return judged(miniatures, DIFFERENT)


def judged(shop, variants):
    return shop.judge(
        [one for one in variants if not (one.sealed and shop.stage.unsealed)], "keeping"
    )


def look_up(outcomes, variant):
    if variant.name not in outcomes:
        pytest.skip("runs cannot be sealed here")
    return outcomes[variant.name]


@pytest.mark.parametrize("variant", WRONG, ids=lambda one: one.slug)
def test_a_mistake_is_named_by_one_check_in_words_that_help(wrong, variant):
    judged = look_up(wrong, variant)
    assert judged.named == {variant.check}, judged
    assert [text for text in variant.says if text not in judged.said] == [], judged.said
    assert exit_code([judged.outcome], [judged.parity]) == 1


def test_every_check_has_a_mistake_that_it_names():
    judged = {check.id for check in CHECKS if not check.live}  # the others: tests/live
    # Where two clients show different answers, one of them is wrong by itself: tests/checks/test_parity.py
    every = judged | {"sample.text", "parity.request"}
    assert every == {variant.check for variant in WRONG}


@pytest.mark.parametrize("variant", DIFFERENT, ids=lambda one: one.slug)
def test_what_is_right_in_another_way_passes(different, variant):
    judged = look_up(different, variant)
    assert judged.outcome.verdict == "pass", judged
    assert judged.parity.verdict == "pass", judged


def test_nothing_is_left_running(miniatures, wrong):
    assert wrong
    assert started_for(miniatures.root) == {}
