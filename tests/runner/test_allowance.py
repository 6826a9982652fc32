"""What a machine must allow is told with the command that mends it."""

import os

from harness.runner.allowance import terminals


def test_terminals_that_work():
    assert (terminals().found, terminals().fine) == ("work", True)


def test_no_terminals_are_told_apart_from_what_mends_it(monkeypatch):
    def refuse():
        raise OSError(19, os.strerror(19))

    monkeypatch.setattr(os, "openpty", refuse)
    assert terminals().found == "refused: No such device"
    assert terminals().remedy == "mount /dev/pts: mount -t devpts devpts /dev/pts"
