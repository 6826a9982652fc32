"""Selectors name cells as people write them; a name that matches nothing suggests near ones."""

from pathlib import Path

import pytest

from harness.model.problem import InvalidError
from harness.model.selector import select


@pytest.fixture
def chosen(project, root):
    def ids(*selectors, **options):
        return [cell.id for cell in select(project, root, selectors, **options)]

    return ids


def test_nothing_selects_everything(chosen):
    assert len(chosen()) == 9


def test_all_models_are_six_times_as_many(chosen):
    assert len(chosen(models=["all"])) == 54


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        ("python/basic", ["python/basic"]),
        ("python", ["python/basic", "python/multi_turn", "python/streaming"]),
        ("*/streaming", ["curl/streaming", "javascript/streaming", "python/streaming"]),
        ("curl/basic@Phi-3-mini-4k-instruct", ["curl/basic@Phi-3-mini-4k-instruct"]),
        ("curl/basic@Phi-3-small-8k-instruct", ["curl/basic"]),
    ],
)
def test_a_selector(chosen, selector, ids):
    assert chosen(selector) == ids


def test_a_file_selects_its_cell(chosen, root, monkeypatch):
    assert chosen(str(root / "samples/python/basic.py")) == ["python/basic"]
    monkeypatch.chdir(root / "samples")
    assert chosen(str(Path("curl/basic.sh"))) == ["curl/basic"]


def test_options_restrict(chosen):
    assert chosen("*/basic", clients=["curl", "python"]) == ["curl/basic", "python/basic"]
    assert chosen(scenarios=["basic"], models=["Phi-3-mini-4k-instruct"]) == [
        f"{client}/basic@Phi-3-mini-4k-instruct" for client in ("curl", "javascript", "python")
    ]


@pytest.mark.parametrize(
    ("selectors", "options", "message"),
    [
        (["pyton/basic"], {}, "no sample matches 'pyton/basic'\n  did you mean python/basic?"),
        (["ruby"], {}, "no sample matches 'ruby'"),
        (["python"], {"clients": ["curl"]}, "no sample matches 'python'\n  known: curl/basic, "),
        ([], {"clients": ["pyhton"]}, "--client: there is no 'pyhton'\n  did you mean python?"),
        ([], {"scenarios": ["x"]}, "--scenario: there is no 'x'"),
        ([], {"models": ["Phi-4"]}, "--model: there is no 'Phi-4'"),
    ],
)
def test_what_matches_nothing_is_refused_with_near_names(chosen, selectors, options, message):
    with pytest.raises(InvalidError) as refused:
        chosen(*selectors, **options)
    assert message in str(refused.value)


def test_every_name_that_matches_nothing_is_told(chosen):
    with pytest.raises(InvalidError) as refused:
        chosen(clients=["a"], scenarios=["b"])
    assert len(refused.value.problems) == 2
