"""A client in another language is one folder more, and no line of the harness."""

import shutil
import subprocess

import pytest
from workshop import MINIATURES, Workshop, answered, call, copy_project, errors

PERL = shutil.which("perl")
HAS_PERL = PERL and not subprocess.run([PERL, "-MJSON::PP", "-e", "1"], check=False).returncode

pytestmark = pytest.mark.skipif(not HAS_PERL, reason="Perl is not installed with its core modules")


@pytest.fixture(scope="module")
def with_perl(root, toolchains, tmp_path_factory):
    """A copy of the clone's samples, with one folder added and rendered."""
    copied = copy_project(root, tmp_path_factory.mktemp("perl") / "project")
    shutil.copytree(MINIATURES / "perl", copied / "samples/perl")
    code, output, said = call("render", project=copied)
    assert code == 0, said
    assert "wrote samples/perl/streaming.pl" in output
    return copied


def test_it_is_listed(with_perl):
    code, output, _ = call("list", project=with_perl)
    assert code == 0
    for name in ("perl/basic", "perl/multi_turn", "perl/streaming", "JSON::PP"):
        assert name in output


def test_it_runs_and_agrees_with_another_client(with_perl, whole_project, tmp_path):
    code, output, said = call(
        "run", "perl", "curl", "--report", tmp_path / "report", project=with_perl
    )
    assert code == 0, output + said
    both = 2 * len(whole_project.scenarios)
    assert f"{both} samples: {both} pass" in output
    assert "differ" not in output


def test_it_is_judged(with_perl, tmp_path):
    sample = with_perl / "samples/perl/streaming.pl"
    right = sample.read_text()
    sample.write_text(right.replace("$| = 1;", ""))
    code, output, _ = call("run", "perl/streaming", "--report", tmp_path, project=with_perl)
    sample.write_text(right)
    assert code == 1
    assert "stream.incremental" in output
    assert "perl/streaming" in output.partition("rerun: ")[2]


def test_it_shows_errors(with_perl):
    shop = Workshop(with_perl)
    try:
        outcomes = shop.run(
            answered(shop.cell("perl", scenario), error)
            for scenario in ("basic", "streaming")
            for error in errors().values()
        )
    finally:
        shop.close()
    assert [one.findings for one in outcomes] == [()] * len(outcomes)
    assert {one.verdict for one in outcomes} == {"pass"}
