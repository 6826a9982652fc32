"""A project that is not where it should be is refused, and what was meant is named."""

import os

import pytest

from harness.model.problem import InvalidError
from harness.model.root import demo, find, named


@pytest.fixture
def lost(copy_first_samples, tmp_path):
    """A project's repository."""
    (tmp_path / "repository/.git").mkdir(parents=True)
    return copy_first_samples(tmp_path / "repository")


def told(ask, folder):
    with pytest.raises(InvalidError) as refused:
        ask(folder)
    (problem,) = refused.value.problems
    return str(problem)


def test_it_is_found_from_any_folder_in_it(lost):
    assert find(lost / "samples/python") == lost
    assert named(lost) == lost


def test_one_that_is_named_is_not_looked_for_above(lost):
    assert told(named, lost / "samples").startswith(f"{lost}/samples is no project")


def test_the_demo_is_taken_by_nobody_who_did_not_ask_for_it(tmp_path):
    said = told(find, tmp_path)
    assert said.startswith(f"{tmp_path} is in no project: neither it nor a folder above it has ")
    assert "name one with --project DIR; sampleproof run --demo runs the samples" in said
    assert (demo() / "samples/catalog.yaml").is_file()


@pytest.mark.parametrize("ask", [find, named])
@pytest.mark.parametrize(
    ("moved", "to"),
    [
        ("samples/catalog.yaml", "samples/catalog.yml"),
        ("samples/catalog.yaml", "samples/catalogue.yaml"),
        ("samples/catalog.yaml", "samples/Catalog.yaml"),
        ("samples", "sample"),
        ("samples", "Samples"),
        ("samples", "api-samples"),
        ("samples", "docs"),
    ],
)
def test_what_is_misspelt_is_named(lost, ask, moved, to):
    (lost / moved).rename(lost / to)
    found = to if "." in to else f"{to}/catalog.yaml"
    assert f"there is {lost}/{found}: rename it to {lost}/samples/catalog.yaml" in told(ask, lost)


def test_it_is_named_from_below_too(lost):
    (lost / "samples/catalog.yaml").rename(lost / "samples/catalog.yml")
    assert f"there is {lost}/samples/catalog.yml" in told(find, lost / "samples/python")


def test_samples_without_a_catalogue_are_named(lost):
    (lost / "samples/catalog.yaml").unlink()
    assert f"there is {lost}/samples, without a catalog.yaml" in told(find, lost)


def test_a_folder_that_is_the_samples_themselves_is_named(lost):
    (lost / "samples").rename(lost / "others")
    said = told(find, lost / "others")
    assert f"{lost}/others has a catalog.yaml: call this folder samples" in said


def test_a_project_in_a_folder_below_is_named(lost):
    above = lost.parent
    for ask in (find, named):
        said = told(ask, above)
        assert f"there is a project in {lost}: name it with --project {lost}" in said


def test_a_catalogue_that_is_no_file_is_said_to_be_none(lost):
    mark = lost / "samples/catalog.yaml"
    mark.unlink()
    mark.symlink_to("gone.yaml")
    assert f"{mark} leads nowhere" in told(find, lost)
    mark.unlink()
    mark.mkdir()
    assert f"{mark} is a folder" in told(find, lost)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_catalogue_that_cannot_be_read_is_said_to_be_so(lost):
    mark = lost / "samples/catalog.yaml"
    mark.chmod(0)
    assert f"{mark} cannot be read" in told(find, lost)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_samples_that_may_not_be_looked_into_are_said_to_be_so(lost):
    (lost / "samples").chmod(0)
    assert f"{lost / 'samples'} cannot be looked into" in told(find, lost)
    (lost / "samples").chmod(0o755)


def test_other_peoples_folders_are_not_looked_into(lost):
    (lost.parent / "sample").mkdir()
    (lost.parent / "sample/catalog.yaml").touch()
    (lost / "samples/catalog.yaml").unlink()
    assert "rename" not in told(find, lost)
