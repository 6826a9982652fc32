"""The guide tells the limits that a run has, as they are in the code."""

import re
import resource

from harness.gateway.budget import Limits
from harness.runner import seal, stage, terminal
from harness.runner.launcher import Seal

MIB = 1024**2


def test_the_guide_tells_every_limit_as_it_is(root):
    guide = (root / "docs/guides/add-a-client.md").read_text("utf-8")
    _, _, section = guide.partition("## What a run may take\n")
    told = dict(re.findall(r"(?m)^\| ([a-z].*?) \| (\d.*?) \|$", section))
    sends, limits = Limits(), seal.LIMITS
    assert told == {
        "time, unless `--timeout` says another": f"{stage.LIMIT_S:.0f} s",
        "output, of each of its two streams": f"{terminal.OUTPUT_LIMIT // MIB} MiB",
        "requests": f"{sends.requests:,}",
        "connections": f"{sends.connections:,}",
        "connections at once": f"{sends.at_once}",
        "bytes that it sends": f"{sends.bytes // MIB} MiB",
        "hosts that it asks for": f"{sends.hosts}",
        "memory, of all its processes together": f"{Seal(home='/').memory // 1024**3} GiB",
        "memory, of a process": f"{limits[resource.RLIMIT_DATA] // 1024**3} GiB",
        "processes and threads": f"{limits[resource.RLIMIT_NPROC]}",
        "open files and sockets, of a process": f"{limits[resource.RLIMIT_NOFILE]}",
        "a file that it writes": f"{limits[resource.RLIMIT_FSIZE] // MIB} MiB",
        "all that it writes, in each of its folders": f"{seal.HOME_BYTES // MIB} MiB",
        "files and folders, in each of its folders": f"{seal.HOME_FILES:,}",
        "memory that it locks, of a process": f"{limits[resource.RLIMIT_MEMLOCK] // MIB} MiB",
    }
