"""What a project's files have a program asked is asked in the sandbox."""

import pytest

from harness.model.problem import HarnessError
from harness.runner import asking, terminal
from harness.runner.launcher import Launcher

SHELL = "/bin/sh"


def test_a_program_tells_its_version_on_either_stream():
    said = asking.ask(SHELL, ["-c", "echo 1.2; echo from 3.4 >&2"], [])
    assert said.split() == ["1.2", "from", "3.4"]


def test_it_has_no_key_no_home_no_network_and_no_files_of_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "of the user's")
    (tmp_path / "mine").write_text("x")
    script = (
        f"cat {tmp_path}/mine; echo x > {tmp_path}/made; echo x > /usr/made;"
        f" ls {tmp_path}; ls -A $HOME/work; (: > /dev/tcp/127.0.0.1/22); env; echo ran"
    )
    said = asking.ask("/bin/bash", ["-c", script], [])
    assert "ran" in said
    assert "of the user's" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text() == "x"
    assert said.count("No such file or directory") == 3
    assert "Connection refused" in said


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sleep 60", "it takes too much time"),
        ("while :; do echo yes; done", "it takes too much output"),
        ("echo broken >&2; exit 3", r"exit status 3\n  \| broken"),
    ],
)
def test_it_may_take_little_of_anything(monkeypatch, script, told):
    monkeypatch.setattr(asking, "LIMIT_S", 0.3)
    monkeypatch.setattr(terminal, "OUTPUT_LIMIT", 10_000)
    with pytest.raises(HarnessError, match=told):
        asking.ask(SHELL, ["-c", script], [])


def test_where_there_is_no_sandbox_only_well_known_words_ask(monkeypatch, tmp_path):
    monkeypatch.setattr(Launcher, "probe", lambda *_: "refused")
    assert "bash" in asking.ask("/bin/bash", ["--version"], [])
    with pytest.raises(HarnessError, match="is not asked for its version with '-c touch"):
        asking.ask(SHELL, ["-c", f"touch {tmp_path}/made"], [])
    assert list(tmp_path.iterdir()) == []
