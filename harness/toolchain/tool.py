"""Starts the programs that install things, and turns their failures into plain words."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

INSTALLING = 900.0
"""Seconds that an installation may take."""

ASKING = 30.0
"""Seconds that a program may take to tell its version."""

SHOWN = 5
"""Lines that are shown of the beginning, and of the end, of what a failed tool said."""

# What a tool says, and what the user can do. Sought in this order, in any case.
REMEDIES = (
    (
        r"hash mismatch|EINTEGRITY|integrity checksum failed",
        (
            "the package index served other bytes than the lock pins, so nothing was installed;"
            " try another index, or look at what changed before you pin it anew"
        ),
    ),
    (
        r"no space left|ENOSPC|disk quota|EDQUOT",
        "free some disk space, then run it again",
    ),
    (
        r"permission denied|EACCES|EPERM|read-only file system|EROFS",
        "make the folder that is named above writable for you, then run it again",
    ),
    (
        (
            r"UnknownIssuer|invalid peer certificate|self[- ]signed|SELF_SIGNED|"
            r"unable to (?:get|verify)|certificate verify failed|CERT_"
        ),
        (
            "the package index's certificate is not trusted; behind a company's proxy, set"
            " SSL_CERT_FILE and NODE_EXTRA_CA_CERTS to the file with its certificates"
        ),
    ),
    (
        r"can only install packages when your package\.json|EUSAGE",
        "package.json and package-lock.json disagree; run: make lock",
    ),
    (
        r"--require-hashes",
        "every package must be pinned with its hashes; run: make lock",
    ),
    (
        r"HTTP Error 404|404 Not Found|status code 404",
        "what was asked for is not there: check its name and version",
    ),
    (
        (
            r"dns error|failed to fetch|error sending request|failed to download|timed out|network|"
            r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|"
            r"urlopen error|name resolution|name or service not known|offline"
        ),
        "check the network, then run it again; behind a proxy, set HTTPS_PROXY",
    ),
)


def run(
    arguments: Sequence[str | Path],
    *,
    doing: str,
    timeout: float = INSTALLING,
    folder: Path | None = None,
    defaults: Mapping[str, str] | None = None,
    errors: bool = False,
) -> str:
    """Run a program in the user's own environment, with nothing to read, and return what it prints.

    Args:
        arguments: The program and its arguments.
        doing: What it does, to stand after "failed: ".
        timeout: Seconds.
        folder: Where it runs.
        defaults: Environment variables for it, where the user has not set them.
        errors: Whether what it prints on standard error is returned too, after the rest.

    Raises:
        HarnessError: It could not be started, failed or took too long.
    """
    command = [str(argument) for argument in arguments]
    by_hand = f"to see all that it says, run: {shlex.join(command)}"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            cwd=folder,
            env={**(defaults or {}), **os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"failed: {doing}; {command[0]} took longer than {timeout:.0f} s"
        raise HarnessError(message, f"check the network, then run it again; {by_hand}") from error
    except OSError as error:
        message = f"failed: {doing}; {command[0]} cannot be started: {error.strerror or error}"
        raise HarnessError(message, "run: sampleproof doctor") from error
    output = done.stdout.decode("utf-8", "replace")
    said = f"{output}\n{done.stderr.decode('utf-8', 'replace')}"
    if done.returncode:
        raise HarnessError(
            f"failed: {doing}; {_ending(command[0], done.returncode)}\n{_excerpt(said)}",
            _remedy(said) or by_hand,
        )
    return said if errors else output


def _ending(program: str, status: int) -> str:
    return (
        f"{program} was ended by signal {-status}" if status < 0 else f"{program} exited {status}"
    )


def _excerpt(text: str) -> str:
    """The beginning, which names the fault as a rule, and the end, which does so with some tools."""
    said = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(said) > 2 * SHOWN:
        said[SHOWN:-SHOWN] = ["…"]
    return "\n".join(f"  | {line}" for line in said) or "  | (it said nothing)"


def _remedy(text: str) -> str | None:
    for pattern, remedy in REMEDIES:
        if re.search(pattern, text, re.IGNORECASE):
            return remedy
    return None
