"""A seal keeps everything in and changes nothing; where it is refused, runs go on and say so."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from workshop import MINIATURES, TESTS, Workshop, copy_project, variants, without_run

from harness.report import line, ndjson

UNSHARE = shutil.which("unshare")
REMEDY = "sudo sysctl -w user.max_user_namespaces=10000"


@pytest.fixture
def must_seal(real):
    if real.stage.unsealed:
        pytest.skip(f"runs cannot be sealed here: {real.stage.unsealed}")


# The same report, sealed or not.


def both(root, toolchains, judge):
    """What comes of the same samples in the same folder, sealed and unsealed."""
    found = []
    for seal in (True, False):
        shop = Workshop(root, toolchains, seal=seal)
        try:
            found.append(judge(shop))
        finally:
            shop.close()
    return found


def test_the_samples_give_the_same_report_sealed_and_unsealed(
    root, whole_project, tmp_path, must_seal
):
    copied = copy_project(root, tmp_path / "project")
    reports = []
    for option in ("--require-seal", "--no-seal"):
        code, _, said = harness("run", option, "--no-cache", "--report", tmp_path, project=copied)
        assert code == 0, said
        reports.append(ndjson.read(tmp_path / ndjson.NAME))
    sealed, unsealed = reports
    assert [one[0]["run"]["sealed"] for one in reports] == [True, False]
    assert without_run(sealed) == without_run(unsealed)
    cells = {cell.id for cell in whole_project.cells()}
    assert {one["id"] for one in sealed if one["type"] == "cell"} == cells


UNREPEATABLE = {"token in base64 in the output", "output without end", "standard error without end"}
"""What these show differs from run to run, and what is left out of it: how much of it came, or a
token in disguise."""


def test_mistakes_give_the_same_report_sealed_and_unsealed(tmp_path, miniatures, must_seal):
    copied = copy_project(MINIATURES, tmp_path / "project")
    wrong = [one for one in variants(MINIATURES / "wrong.yaml") if not one.sealed]

    def judge(shop):
        judged = shop.judge(wrong, "keeping")
        return {
            name: without_run([line.cell(one.outcome, {}), line.parity(one.parity)])
            for name, one in judged.items()
        }

    def shown(name, lines):
        dropped = {"output", "stderr", "cut"} if name in UNREPEATABLE else set()
        return [{key: one[key] for key in one.keys() - dropped} for one in lines]

    sealed, unsealed = both(copied, miniatures.toolchains, judge)
    assert len(sealed) == len(wrong)
    for name, lines in sealed.items():
        assert shown(name, lines) == shown(name, unsealed[name])


# A client that ignores proxy variables.

DIRECT = {
    "python": ("import os\n", "import os\n\nfor one in ('HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'):\n    del os.environ[one]\n"),
    "javascript": ("const model =", "for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];\nconst model ="),
    "curl": ("curl ", "curl --noproxy '*' "),
}  # fmt: skip


@pytest.mark.parametrize("scenario", ["basic", "streaming"])
def test_a_client_that_ignores_proxy_variables_is_answered_too(
    root, toolchains, tmp_path, must_seal, scenario
):
    shop = Workshop(copy_project(root, tmp_path / "project"), toolchains)
    try:
        cells = [shop.cell(client, scenario) for client in DIRECT]
        for cell in cells:
            path = shop.root / cell.path
            text = path.read_text()
            assert DIRECT[cell.client.name][0] in text
            path.write_text(text.replace(*DIRECT[cell.client.name], 1))
        outcomes = shop.run(cells)
    finally:
        shop.close()
    assert [one.findings for one in outcomes] == [()] * len(outcomes)
    assert {one.verdict for one in outcomes} == {"pass"}
    for one in outcomes:
        assert [request.port for request in one.observation.requests] == [443]


# Nothing leaves the machine.


@pytest.mark.parametrize("option", ["--require-seal", "--no-seal"])
def test_a_run_of_the_whole_suite_sends_no_packet(root, whole_project, tmp_path, must_seal, option):
    words = [sys.executable, str(TESTS / "suite" / "alone.py"), sys.executable, "-m", "harness"]
    words += ["run", option, "--no-cache", "--report", str(tmp_path), "--project", str(root)]
    ended = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env={
            "PYTHONPATH": str(root),
            "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"],
        },
    )
    if ended.returncode == 77:
        pytest.skip(f"there can be no network of its own here: {ended.stderr}")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"code": 0, "packets": 0, "one_more": 1}, ended.stderr
    assert ndjson.read(tmp_path / ndjson.NAME)[0]["cells"] == len(list(whole_project.cells()))


# Where the kernel refuses.


def harness(*arguments, project, before=()):
    words = [*before, sys.executable, "-m", "harness", *map(str, arguments)]
    ended = subprocess.run(
        [*words, "--project", str(project)],
        check=False,
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        env={"PATH": "/usr/bin:/bin", "SAMPLEPROOF_CACHE_DIR": os.environ["SAMPLEPROOF_CACHE_DIR"]},
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def forbidden(tmp_path_factory):
    """Calls the command line where no user namespaces are allowed."""
    script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    before = (UNSHARE or "unshare", "--user", "--map-root-user", "/bin/sh", "-c", script, "sh")
    if not UNSHARE or subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("this needs unshare, and user namespaces to forbid them in")
    project = copy_project(MINIATURES, tmp_path_factory.mktemp("forbidden") / "project")
    assert harness("render", project=project)[0] == 0
    return lambda *arguments: harness(*arguments, project=project, before=before)


def test_runs_that_cannot_be_sealed_go_on_and_say_so(forbidden, tmp_path):
    code, output, said = forbidden("run", "*/question", "--report", tmp_path)
    assert code == 0, said
    assert "2 pass" in output
    assert f"Not sealed: no user namespaces are allowed. Allow it with: {REMEDY}" in said
    head = ndjson.read(tmp_path / ndjson.NAME)[0]
    assert head["run"]["sealed"] is False
    assert head["run"]["unsealed_because"] == "no user namespaces are allowed"


def test_a_seal_that_is_required_and_refused_ends_with_3_and_the_remedy(forbidden, tmp_path):
    code, output, said = forbidden("run", "--require-seal", "--report", tmp_path)
    assert (code, output) == (3, "")
    assert "runs cannot be sealed here" in said
    assert REMEDY in said
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_that_runs_cannot_be_sealed_and_what_allows_it(forbidden):
    code, output, _ = forbidden("doctor")
    assert code == 0
    (told,) = [line for line in output.splitlines() if "sealing" in line]
    assert "refused" in told
    assert REMEDY in output


def test_an_unsealed_run_that_was_asked_for_is_no_surprise(forbidden, tmp_path):
    code, _, said = forbidden("run", "*/question", "--no-seal", "--report", tmp_path)
    assert (code, said) == (0, "")


def test_a_seal_cannot_be_required_and_forbidden(forbidden):
    code, _, said = forbidden("run", "--require-seal", "--no-seal")
    assert code == 2
    assert "--require-seal and --no-seal contradict each other" in said
