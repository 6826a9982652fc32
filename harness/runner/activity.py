"""Whether a run is at work or waits: a slow machine must not be taken for a sample that holds back."""

from __future__ import annotations

from harness.runner.family import children


def processes(root: int) -> list[int]:
    """A process and all its descendants."""
    found = [root]
    for pid in found:
        found += children(pid)
    return found


def footprint(root: int) -> tuple[bool, int]:
    """Whether any process below a root is on, or waits for, a processor; and their ticks so far.

    One that has been stopped waits for a processor too: it cannot help that it does nothing.

    Source: proc_pid_stat(5). Two equal footprints in a row, not at work, mean that the run waits.
    """
    at_work, ticks = False, 0
    for pid in processes(root):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        at_work = at_work or fields[0] in "RDTt"
        ticks += int(fields[11]) + int(fields[12])
    return at_work, ticks
