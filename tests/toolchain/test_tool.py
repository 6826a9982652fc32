import sys

import pytest

from harness.model.problem import HarnessError
from harness.toolchain import tool
from harness.toolchain.tool import run

SAID = {
    "uv, hash": ("Hash mismatch for `idna==3.20`", "other bytes than the lock pins"),
    "npm, hash": ("npm error code EINTEGRITY\nnpm error wanted sha512-A", "other bytes"),
    "uv, disk": ("error: failed to write: No space left on device (os error 28)", "free some disk"),
    "npm, disk": ("npm error code ENOSPC", "free some disk"),
    "uv, permission": ("error: failed to open file: Permission denied (os error 13)", "writable"),
    "npm, permission": ("npm error code EACCES", "writable"),
    "uv, certificate": (
        "error: Failed to fetch: x\n  cause: invalid peer certificate: UnknownIssuer",
        "SSL_CERT_FILE",
    ),
    "npm, certificate": ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"),
    "uv, network": ("error: Failed to fetch: x\n  cause: dns error", "check the network"),
    "npm, network": ("npm error code ECONNREFUSED", "check the network"),
    "nodeenv, network": ("Error: cannot download x: [Errno -2] Name or service not known", "check"),
    "nodeenv, version": ("Error: cannot download x: HTTP Error 404: Not Found", "its name and ver"),
    "npm, lock": ("npm error code EUSAGE\nnpm error `npm ci` can only install …", "make lock"),
    "uv, no hashes": ("error: In `--require-hashes` mode, all requirements must", "make lock"),
}


@pytest.mark.parametrize(("said", "remedy"), SAID.values(), ids=SAID)
def test_a_known_trouble_has_its_remedy(fp, said, remedy):
    fp.register(["tool"], returncode=2, stderr=said)
    with pytest.raises(HarnessError) as caught:
        run(["tool"], doing="installing things", environment={})
    assert remedy in caught.value.remedy
    assert caught.value.message.startswith("failed: installing things; tool exited 2\n")
    assert said.splitlines()[0] in caught.value.message


def test_an_unknown_trouble_is_shown_with_the_command_to_try(fp):
    fp.register(["tool", "a b"], returncode=1, stdout="odd")
    with pytest.raises(HarnessError) as caught:
        run(["tool", "a b"], doing="asking", environment={})
    assert "| odd" in caught.value.message
    assert caught.value.remedy.endswith("run: tool 'a b'")


def test_a_long_complaint_is_cut_in_its_middle(fp):
    fp.register(["tool"], returncode=1, stderr="\n".join(f"line {n}" for n in range(1, 51)))
    with pytest.raises(HarnessError) as caught:
        run(["tool"], doing="asking", environment={})
    shown = [line.strip(" |") for line in caught.value.message.splitlines()[1:]]
    assert shown == [
        *(f"line {n}" for n in range(1, 6)),
        "…",
        *(f"line {n}" for n in range(46, 51)),
    ]


def test_a_silent_failure_says_so(fp):
    fp.register(["tool"], returncode=-9)
    with pytest.raises(HarnessError, match=r"ended by signal 9\n  \| \(it said nothing\)"):
        run(["tool"], doing="asking", environment={})


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"no/such cannot be started: No such file") as caught:
        run([tmp_path / "no/such"], doing="asking", environment={})
    assert caught.value.remedy == "run: sampleproof doctor"


def test_a_program_that_takes_too_long_is_ended():
    with pytest.raises(HarnessError, match="took longer than 0 s") as caught:
        run(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            doing="asking",
            environment={},
            timeout=0.2,
        )
    assert "check the network" in caught.value.remedy


def test_a_program_has_nothing_to_read_and_its_output_need_not_be_text():
    said = run(
        [
            sys.executable,
            "-c",
            "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()+b'\\xff')",
        ],
        doing="reading",
        environment={},
    )
    assert said == "\ufffd"


def test_a_program_gets_the_environment_that_it_is_given_and_a_home_of_its_own(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "of the user's")
    code = "import os; print(sorted(os.environ), os.listdir(), os.listdir(os.environ['HOME']))"
    said = run([sys.executable, "-I", "-c", code], doing="asking", environment={"GIVEN": "1"})
    assert said == "['GIVEN', 'HOME', 'LC_CTYPE'] [] []\n"


def test_output_without_end_ends_the_program_and_all_that_it_started(monkeypatch):
    monkeypatch.setattr(tool, "PRINTED", 1000)
    with pytest.raises(HarnessError, match="printed more than 0 MiB"):
        run(["sh", "-c", "yes & wait"], doing="asking", environment={"PATH": "/usr/bin:/bin"})


def test_what_a_program_leaves_running_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(tool, "DRAINING", 0.1)
    command = ["sh", "-c", "echo done; sleep 5 &"]
    assert run(command, doing="asking", environment={"PATH": "/usr/bin:/bin"}) == "done\n"


def test_a_package_without_a_wheel_is_named_with_what_allows_its_build(fp):
    said = (
        "hint: Wheels are required for `odd-name` because building from source is disabled for all"
    )
    fp.register(["tool"], returncode=1, stderr=said)
    with pytest.raises(HarnessError) as caught:
        run(["tool"], doing="asking", environment={})
    assert "SAMPLEPROOF_BUILD=odd-name sampleproof run" in caught.value.remedy
