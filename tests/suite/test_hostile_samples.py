"""Whatever a sample does to those that run it, it is judged by that, and others are left alone."""

import msgspec
import pytest
from ruamel.yaml import YAML
from test_roads import Road
from workshop import MINIATURES, Workshop, copy_project

from harness.gateway.budget import Limits

LIMITS = Limits(requests=20, connections=60, at_once=30, bytes=300_000, hosts=4)
LIMIT_S = 3.0


class Attack(Road, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of `hostile.yaml`."""

    sealed: bool = False
    """Whether it takes a sealed run to stand it."""


ATTACKS = msgspec.convert(
    YAML(typ="safe", pure=True).load(MINIATURES / "hostile.yaml"), list[Attack]
)


@pytest.fixture(scope="module")
def judged(miniatures, tmp_path_factory):
    root = copy_project(MINIATURES, tmp_path_factory.mktemp("hostile") / "project")
    shop = Workshop(root, miniatures.toolchains)
    shop.stage.limit_s = LIMIT_S
    shop.stage.limits = LIMITS
    try:
        certificate = shop.stage.authority.bundle.read_text()
        chosen = [one for one in ATTACKS if not (one.sealed and shop.stage.unsealed)]
        yield shop.judge([one.variant(certificate) for one in chosen], "keeping")
    finally:
        shop.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_samples_doing_is_a_samples_finding(judged, attack):
    if attack.name not in judged:
        pytest.skip("runs cannot be sealed here")
    outcome = judged[attack.name].outcome
    assert outcome.fault is None, outcome.fault
    assert {one.check for one in outcome.findings} == set(attack.checks), outcome.findings
    for check, says in attack.checks.items():
        said = "\n".join(
            f"{one.message}\n{one.received}" for one in outcome.findings if one.check == check
        )
        assert [text for text in says if text not in said] == []
