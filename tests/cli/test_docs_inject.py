"""What `docs inject` writes, says, and exits with."""

import os
import subprocess

import pytest

from harness.cli.main import invoke
from harness.model.basis import Digests
from harness.pages import receipt

MARKED = "# T\n\n<!-- snippet: python/basic -->\n<!-- /snippet -->\n"


@pytest.fixture
def copy(copy_first_samples, project, tmp_path, monkeypatch):
    """A project whose samples have all passed, with one page."""
    copy_first_samples(tmp_path)
    digests = Digests(tmp_path)
    receipts = {
        cell.id: receipt.Receipt(
            sample=digests.of(cell.path),
            basis=digests.basis(cell),
            verdict="pass",
            versions={},
            on="2026-11-22",
        ).sealed()
        for cell in project.cells()
    }
    receipt.save(tmp_path, receipts)
    (tmp_path / "page.md").write_text(MARKED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(copy, capsys):
    def _call(*words):
        code = invoke(["docs", "inject", *words])
        return code, *capsys.readouterr()

    return _call


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_page_is_written_once(copy, call):
    assert call("page.md") == (0, "wrote page.md\n1 page is fresh.\n", "")
    page = (copy / "page.md").read_text()
    assert (copy / "samples/python/basic.py").read_text() in page
    assert call("page.md") == (0, "1 page is fresh.\n", "")
    assert (copy / "page.md").read_text() == page


def test_a_stale_page_is_told_with_what_mends_it(copy, call):
    code, out, err = call("--check", "page.md")
    assert code == 4
    assert out == (
        "page.md: is not what its markers ask for; mend it with: sampleproof docs inject page.md\n"
    )
    assert err == "stale pages: 1\n"
    assert (copy / "page.md").read_text() == MARKED


def test_a_difference_is_shown_and_nothing_written(copy, call):
    code, out, err = call("--diff", "page.md")
    assert (code, err) == (0, "")
    assert "--- a/page.md\n+++ b/page.md\n" in out
    assert "+from azure.ai.inference import ChatCompletionsClient\n" in out
    assert (copy / "page.md").read_text() == MARKED


def test_outside_the_markers_anything_goes(copy, call):
    call("page.md")
    edit(copy / "page.md", "# T", "# Title")
    assert call("--check", "page.md") == (0, "1 page is fresh.\n", "")


def test_an_edit_by_hand_is_stale_and_not_overwritten(copy, call):
    call("page.md")
    edit(copy / "page.md", "capital of France", "capital of Spain")
    edited = (copy / "page.md").read_text()
    code, out, err = call("--check", "page.md")
    assert code == 4
    assert out.startswith("page.md:3: what stands between these markers was written or changed by")
    assert "sampleproof docs inject --force page.md" in out
    code, out, err = call("page.md")
    assert code == 2
    assert "error: page.md:3: what stands between these markers" in err
    assert (copy / "page.md").read_text() == edited
    assert call("--force", "page.md")[0] == 0
    assert "Spain" not in (copy / "page.md").read_text()


def test_everything_wrong_on_all_pages_is_told_and_nothing_written(copy, call):
    (copy / "one.md").write_text("<!-- snippet: pyton/basic -->\n<!-- /snippet -->\n")
    (copy / "two.mdx").write_text("\n{/* snippet: python/basic model=Phi-4 regoin=x */}\n")
    code, out, err = call("page.md", "one.md", "two.mdx")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: one.md:1: no sample matches 'pyton/basic'",
        "  did you mean python/basic?",
        "error: two.mdx:2: there is no option 'regoin'",
        "  did you mean region?",
        "error: two.mdx:2: this marker is never closed",
        "  close it in a line of its own: <!-- /snippet -->",
    ]
    assert (copy / "page.md").read_text() == MARKED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("model=Phi-4", "there is no model 'Phi-4'"),
        ("region=reqest", "samples/python/sample.py.j2 has no block 'reqest'\n  did you mean requ"),
    ],
)
def test_a_model_or_region_that_is_not_there(copy, call, options, said):
    edit(copy / "page.md", "basic", f"basic {options}")
    code, _, err = call("page.md")
    assert code == 2
    assert f"error: page.md:3: {said}" in err


def test_all_that_is_wrong_with_all_pages_is_told_in_one_go(copy, call):
    wrong = "<!-- snippet: pyton/basic -->\n<!-- /snippet -->\n\n"
    edited = "<!-- snippet: curl/basic -->\nby hand\n<!-- /snippet -->\n"
    (copy / "page.md").write_text(wrong + edited + "\n<!-- /snippet -->\n")
    (copy / "other.md").write_text(edited + "\n<!-- snippet: curl/basic -->\n")
    code, _, err = call("page.md", "other.md")
    assert code == 2
    told = [line.split()[1] for line in err.splitlines() if line.startswith("error: ")]
    assert told == ["other.md:1:", "other.md:5:", "page.md:1:", "page.md:4:", "page.md:8:"]
    code, _, err = call("--force", "page.md", "other.md")
    assert (code, err.count("by hand")) == (2, 0)


def test_a_region_is_a_part_of_every_client_s_sample(copy, call, project):
    (copy / "page.md").write_text(
        "<!-- snippet: */basic tabs=plain region=request -->\n<!-- /snippet -->"
    )
    assert call("page.md")[0] == 0
    page = (copy / "page.md").read_text()
    blocks = [block.partition("\n")[2] for block in page.split("```")[1::2]]
    assert len(blocks) == len(project.clients)
    samples = [path.read_text() for path in sorted((copy / "samples").glob("*/basic.[pjs]*"))]
    for block, sample in zip(blocks, samples, strict=True):
        flat = ["".join(text.split()) for text in (block, sample)]
        assert flat[0] in flat[1]
        assert len(block) < len(sample)
        assert not block.startswith(" ")


def test_only_what_has_passed_is_put_into_pages(copy, call):
    edit(copy / "page.md", "basic", "basic model=Phi-3-mini-4k-instruct")
    code, out, _ = call("page.md")
    assert code == 4
    assert out.startswith(
        "python/basic@Phi-3-mini-4k-instruct: there is no receipt that it passed; mend it with: "
    )
    assert (copy / "page.md").read_text().count("\n") == MARKED.count("\n")


@pytest.mark.parametrize(
    "path", ["samples/python/basic.py", "samples/recordings/basic.yaml", "samples/receipts.json"]
)
@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_sample_that_changed_since_it_passed_is_not_published(copy, call, path, options):
    call("page.md")
    before = (copy / "page.md").read_text()
    old = "2026-11-22" if path.endswith("json") else "answer"
    (copy / path).write_text((copy / path).read_text().replace(old, "?"))
    code, out, _ = call(*options, "page.md")
    assert code == 4
    assert "mend it with: sampleproof run python/basic && sampleproof docs receipts" in out
    assert (copy / "page.md").read_text() == before


def test_the_mode_is_kept_and_nothing_written_through_a_link(copy, call):
    (copy / "link.md").symlink_to("page.md")
    (copy / "page.md").chmod(0o640)
    code, _, err = call("link.md")
    assert (code, "link.md: this is a link, to page.md" in err) == (2, True)
    assert "azure" not in (copy / "page.md").read_text()
    assert call("page.md")[0] == 0
    assert (copy / "page.md").stat().st_mode & 0o777 == 0o640
    assert "azure" in (copy / "page.md").read_text()
    assert sorted(path.name for path in copy.iterdir() if path.is_file()) == ["link.md", "page.md"]


def test_without_files_all_pages_that_git_knows(copy, call):
    (copy / "docs").mkdir()
    (copy / "docs/é.mdx").write_text("{/* snippet: curl/basic */}\n{/* /snippet */}\n")
    (copy / "ignored.md").write_text(MARKED)
    code, _, err = call()
    assert code == 2
    assert "name the FILES" in err
    for words in (["init", "-q"], ["add", "page.md", "docs"]):
        subprocess.run(["git", *words], cwd=copy, check=True)
    assert call() == (0, "wrote docs/é.mdx\nwrote page.md\n2 pages are fresh.\n", "")
    assert (copy / "ignored.md").read_text() == MARKED


@pytest.mark.parametrize("named", [True, False])
def test_pages_that_cannot_be_looked_into_are_told(copy, call, named, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "page.md"
    outside.write_text(MARKED)
    (copy / "out.md").symlink_to(outside)
    (copy / "round.md").symlink_to("round.md")
    for words in (["init", "-q"], ["add", "--all", "."]):
        subprocess.run(["git", *words], cwd=copy, check=True)
    (copy / "page.md").unlink()
    os.mkfifo(copy / "page.md")
    code, _, err = call("--check", *(["out.md", "page.md"] if named else []))
    assert code == 2
    assert "out.md: cannot be read: this leads out of" in err
    assert "page.md: cannot be read: expected a plain file" in err
    assert named or "round.md: cannot be read: Too many levels" in err
    assert outside.read_text() == MARKED
