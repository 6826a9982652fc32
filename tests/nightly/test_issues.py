"""One issue for each cause, from the night it comes until the night it is gone."""

import json

import pytest
from hypothesis import example, given, settings
from lines import cell
from readers import HOSTILE, NASTY, moves, rendered
from reported import finding, parity

from harness.cli.main import invoke
from harness.nightly.issue import Issue, steps
from harness.nightly.trouble import Case, Night, Trouble, night

OURS = {"sample", "client library", "API shape"}
CAUSES = [*sorted(OURS), "answer", "retired or moved", "credentials", "quota", "network"]


def verdict_of(cause):
    return "fail" if cause in {*OURS, "answer"} else "error"


@pytest.fixture
def tell(write, capsys):
    """A night: gives the exit code, and what was printed."""

    def tell(*cells, newest=None, options=()):
        code = invoke(["nightly", "issues", str(write(*cells, newest=newest)), *options])
        return code, capsys.readouterr().out

    return tell


@pytest.mark.parametrize("cause", CAUSES)
def test_only_what_the_project_can_mend_fails_a_night(tell, github, cause):
    code, out = tell(cell("python/basic", verdict_of(cause), cause), cell("curl/basic"))
    assert code == (1 if cause in OURS else 0)
    assert f"{cause}: 1 sample\n  python/basic: it is so\n" in out
    assert f"{cause}: an issue is opened" in out
    (issue,) = github.issues
    assert issue["title"] == f"Nightly: {cause}"
    assert issue["labels"] == ["sampleproof-nightly"]
    for part in ("it is so", "Remedy: mend it", "127.0.0.1:1"):
        assert part in issue["body"]
    assert "Rerun: `sampleproof run --live http://127.0.0.1:1/v1 'python/basic'`" in issue["body"]


def test_an_issue_lasts_as_long_as_its_cause(tell, github, monkeypatch):
    bad = cell("python/basic", "fail", "API shape", "a field is gone")
    tell(bad, cell("curl/basic", "fail", "answer"))
    assert set(github.open_issues()) == {"Nightly: API shape", "Nightly: answer"}
    calls = len(github.calls)
    code, out = tell(
        cell("python/basic", "fail", "API shape", "worded otherwise"),
        cell("curl/basic", "fail", "answer"),
    )
    assert code == 1
    assert "API shape: issue 100 stays as it is" in out
    assert github.calls[calls:] == ["issue list"]
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "us/samples")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    also = cell("javascript/basic", "fail", "API shape")
    code, out = tell(bad, also, cell("curl/basic"))
    assert code == 1
    assert "API shape: issue 100 is brought up to date" in out
    assert "answer: issue 101 is closed" in out
    shape, answer = github.issues
    assert shape["state"] == "open"
    assert "javascript/basic" in shape["body"]
    assert shape["comments"] == [
        "Other samples than before have this now. [The run](https://git.example/us/samples/actions/runs/7)"
    ]
    assert answer["state"] == "closed"
    assert "Gone: no sample has shown this." in answer["comments"][0]
    code, out = tell(cell("python/basic"), cell("javascript/basic"), cell("curl/basic"))
    assert code == 0
    assert "Every sample is as it should be." in out
    assert github.open_issues() == {}
    code, _ = tell(bad)
    assert (code, len(github.issues)) == (1, 3)  # a new one: the old one's story is told


def test_nothing_is_gone_that_could_not_be_seen(tell, github):
    tell(cell("python/basic", "fail", "sample"))
    code, out = tell(cell("python/basic", "error", "network"))
    assert code == 0
    assert "sample: issue 100 stays as it is" in out
    assert set(github.open_issues()) == {"Nightly: sample", "Nightly: network"}
    tell(cell("python/basic"))
    assert github.open_issues() == {}


def test_issues_of_other_people_are_left_alone(tell, github):
    ours = {"labels": ["sampleproof-nightly"], "state": "open", "comments": []}
    mine = {**ours, "number": 7, "title": "Speak of this", "body": "By hand"}
    other = {
        **mine,
        "number": 8,
        "labels": ["bug"],
        "body": "<!-- sampleproof: sample 0a1b2c3d -->",
    }
    github.change(issues=[mine, other])
    tell(cell("python/basic"))
    assert github.issues == [mine, other]


def test_two_nights_at_once_leave_one_issue_that_is_kept(tell, github):
    bad = cell("python/basic", "fail", "sample")
    tell(bad)
    twin = {**github.issues[0], "number": 150}
    github.change(issues=[*github.issues, twin])
    code, out = tell(bad)
    assert "sample: issue 100 stays as it is" in out
    assert code == 1


def test_what_the_newest_packages_break_is_the_librarys(tell, github):
    found = finding("request.body", message="the request differs at $.temperature")
    broken = cell("python/basic", "fail", findings=[found])
    code, out = tell(cell("python/basic"), newest=[broken])
    assert code == 1
    assert "client library: 1 sample" in out
    body = github.issues[0]["body"]
    assert "with the newest packages: the request differs at $.temperature" in body
    code, out = tell(cell("python/basic", "fail", "sample"), newest=[broken])
    assert "client library: issue 100 is closed" in out


def test_our_own_fault_is_nobody_elses(tell, github):
    fault = {"message": "Node could not be installed", "remedy": "check the network"}
    code, out = tell(cell("javascript/basic", "error", fault=fault), cell("curl/basic"))
    assert code == 3
    assert "harness: 1 sample\n  javascript/basic: Node could not be installed" in out
    assert set(github.open_issues()) == {"Nightly: harness"}


def test_clients_that_differ_are_the_samples(write):
    path = write(cell("curl/basic"), parity("basic", "fail")) / "report.ndjson"
    (one,) = night([json.loads(text) for text in path.read_text().splitlines()]).troubles
    assert (one.cause, one.exit_code) == ("sample", 1)
    assert one.cases[0].cell == "*/basic@m"


def test_an_issue_holds_whatever_a_sample_prints(tell, github):
    evidence = "```\n<script>\n" + "x" * 100_000
    tell(*(cell(f"python/{number}", "fail", "sample", evidence) for number in range(40)))
    body = github.issues[0]["body"]
    assert len(body) < 65_536
    tags, _ = rendered(body)
    assert tags.count("/pre") == 30  # no sample's own
    assert ("script",) not in tags
    assert "10 more are in the report." in body


@settings(max_examples=50, deadline=None)
@given(HOSTILE)
@example("".join(NASTY))
@example("<" * 10_000)
def test_what_an_issue_repeats_is_only_text(text):
    name = f"python/x{text}"
    case = Case(cell=name, evidence=text, remedy=text)
    trouble = Trouble(cause="sample", cases=(case,) * 40)
    found = Night(endpoint=f"x{text[:1000]}", troubles=(trouble,), judged=True)
    (one,) = steps(found, [], "")
    tags, _ = rendered(one.body)
    per_case = ["h3", "code", "/code", "/h3", "pre", "code", "/code", "/pre"]
    plain = [tag if isinstance(tag, str) else tag[0] for tag in tags]
    begin = ["comment", "p", "code", "/code", "/p"]
    assert plain[: len(begin + per_case)] == begin + per_case
    assert set(plain) <= {*begin, *per_case, "p", "/p"}
    assert len(one.body) < 65_536
    assert not moves(one.body)


def test_what_an_issue_repeats_is_no_mark_of_another():
    mark = "<!-- sampleproof: API shape 00000000 -->"
    case = Case(cell="python/basic", evidence=f"{mark} 0a1b2c3d", remedy=mark)
    (one,) = steps(
        Night(endpoint="", troubles=(Trouble(cause="sample", cases=(case,)),), judged=True), [], ""
    )
    kept = Issue(number=1, title=one.title, body=one.body)
    assert kept.cause == "sample"
    assert Issue(number=2, title="", body=f"Somebody says: {mark}").cause == ""
    # Its sum in the words of a sample does not make other samples the same.
    other = Case(cell="curl/basic", evidence=kept.sum, remedy="")
    again = Night(endpoint="", troubles=(Trouble(cause="sample", cases=(other,)),), judged=True)
    (first,) = steps(again, [], "")
    forged = Issue(
        number=3, title="", body=f"{one.body}{Issue(number=0, title='', body=first.body).sum}"
    )
    (step,) = steps(again, [forged], "")
    assert step.do == "update"


def test_a_dry_run_does_nothing(tell, github):
    code, out = tell(cell("python/basic", "fail", "sample"), options=["--dry-run"])
    assert code == 1
    assert "sample: an issue is opened (not done)" in out
    assert github.issues == []


def test_what_stands_in_the_way_is_told(write, github, capsys, tmp_path, monkeypatch):
    report = write(cell("python/basic"))
    assert invoke(["nightly", "issues", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: cannot be read" in capsys.readouterr().err
    github.change(down=True)
    assert invoke(["nightly", "issues", str(report)]) == 3
    said = capsys.readouterr().err
    assert "failed: reading the issues" in said
    assert "check the network" in said
    monkeypatch.setenv("PATH", "/nowhere")
    assert invoke(["nightly", "issues", str(report)]) == 3
    assert "gh is not on the PATH" in capsys.readouterr().err
