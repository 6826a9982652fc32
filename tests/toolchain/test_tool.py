import sys

import pytest

from harness.model.problem import HarnessError
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
        run(["tool"], doing="installing things")
    assert remedy in caught.value.remedy
    assert caught.value.message.startswith("failed: installing things; tool exited 2\n")
    assert said.splitlines()[0] in caught.value.message


def test_an_unknown_trouble_is_shown_with_the_command_to_try(fp):
    fp.register(["tool", "a b"], returncode=1, stdout="odd")
    with pytest.raises(HarnessError) as caught:
        run(["tool", "a b"], doing="asking")
    assert "| odd" in caught.value.message
    assert caught.value.remedy.endswith("run: tool 'a b'")


def test_a_long_complaint_is_cut_in_its_middle(fp):
    fp.register(["tool"], returncode=1, stderr="\n".join(f"line {n}" for n in range(1, 51)))
    with pytest.raises(HarnessError) as caught:
        run(["tool"], doing="asking")
    shown = [line.strip(" |") for line in caught.value.message.splitlines()[1:]]
    assert shown == [
        *(f"line {n}" for n in range(1, 6)),
        "…",
        *(f"line {n}" for n in range(46, 51)),
    ]


def test_a_silent_failure_says_so(fp):
    fp.register(["tool"], returncode=-9)
    with pytest.raises(HarnessError, match=r"ended by signal 9\n  \| \(it said nothing\)"):
        run(["tool"], doing="asking")


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"no/such cannot be started: No such file") as caught:
        run([tmp_path / "no/such"], doing="asking")
    assert caught.value.remedy == "run: sampleproof doctor"


def test_a_program_that_takes_too_long_is_ended():
    with pytest.raises(HarnessError, match="took longer than 0 s") as caught:
        run([sys.executable, "-c", "import time; time.sleep(60)"], doing="asking", timeout=0.2)
    assert "check the network" in caught.value.remedy


def test_a_program_has_nothing_to_read_and_its_output_need_not_be_text():
    said = run(
        [
            sys.executable,
            "-c",
            "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()+b'\\xff')",
        ],
        doing="reading",
    )
    assert said == "\ufffd"


def test_a_program_gets_the_users_own_environment(fp, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    fp.allow_unregistered(True)
    said = run(
        [sys.executable, "-c", "import os; print(os.environ['HTTPS_PROXY'])"], doing="asking"
    )
    assert said == "http://proxy:1\n"


def test_a_default_yields_to_the_users_own_setting(fp, monkeypatch):
    monkeypatch.setenv("SET", "by the user")
    monkeypatch.delenv("UNSET", raising=False)
    fp.allow_unregistered(True)
    code = "import os; print(os.environ['SET'], os.environ['UNSET'])"
    defaults = {"SET": "by us", "UNSET": "by us"}
    said = run([sys.executable, "-c", code], doing="asking", defaults=defaults)
    assert said == "by the user by us\n"
