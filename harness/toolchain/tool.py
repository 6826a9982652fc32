"""Starts the programs that install things, and turns their failures into plain words."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from contextlib import suppress
from threading import Thread
from typing import IO, TYPE_CHECKING

from harness.model.problem import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

INSTALLING = 900.0
"""Seconds that an installation may take."""

ASKING = 30.0
"""Seconds that a program may take to tell its version."""

PRINTED = 32 * 1024 * 1024
"""Bytes that a program may print on one stream."""

DRAINING = 2.0
"""Seconds in which the rest of what a program printed is read when it has ended."""

SHOWN = 5
"""Lines that are shown of the beginning, and of the end, of what a failed tool said."""

# What a tool says, and what the user can do. Sought in this order, in any case.
REMEDIES = (
    (
        r"Wheels are required for `([^`]+)` because building from source is disabled",
        (
            "{0} has no wheel for this machine, and what is built from its source runs code of its own,"
            " outside the sandbox; pin a version with a wheel, or have it built:"
            " SAMPLEPROOF_BUILD={0} sampleproof run"
        ),
    ),
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
    environment: Mapping[str, str],
    timeout: float = INSTALLING,
    folder: Path | None = None,
    errors: bool = False,
) -> str:
    """Run a program with nothing to read, and return what it prints.

    Args:
        arguments: The program and its arguments.
        doing: What it does, to stand after "failed: ".
        environment: All of its environment, but that its HOME is a private empty folder unless
            told; see `harness.toolchain.environment`.
        timeout: Seconds.
        folder: Where it runs; a private empty folder unless told.
        errors: Whether what it prints on standard error is returned too, after the rest.

    Raises:
        HarnessError: It could not be started, failed, took too long or printed too much.
    """
    from tempfile import TemporaryDirectory

    command = [str(argument) for argument in arguments]
    by_hand = f"to see all that it says, run: {shlex.join(command)}"
    with TemporaryDirectory(prefix="sampleproof-") as private:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder or private,
                env={"HOME": private, **environment},
                start_new_session=True,
            )
        except OSError as error:
            message = f"failed: {doing}; {command[0]} cannot be started: {error.strerror or error}"
            raise HarnessError(message, "run: sampleproof doctor") from error
        try:
            printed, complained = _printed(process, timeout)
        except subprocess.TimeoutExpired as error:
            message = f"failed: {doing}; {command[0]} took longer than {timeout:.0f} s"
            raise HarnessError(
                message, f"check the network, then run it again; {by_hand}"
            ) from error
    if len(printed) > PRINTED or len(complained) > PRINTED:
        message = f"failed: {doing}; {command[0]} printed more than {PRINTED // 1024**2} MiB"
        raise HarnessError(message, by_hand)
    output = printed.decode("utf-8", "replace")
    said = f"{output}\n{complained.decode('utf-8', 'replace')}"
    if process.returncode:
        raise HarnessError(
            f"failed: {doing}; {_ending(command[0], process.returncode)}\n{excerpt(said)}",
            _remedy(said) or by_hand,
        )
    return said if errors else output


def _printed(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, bytes]:
    """What a program prints on both its streams, until it has ended or prints too much.

    Raises:
        TimeoutExpired: It takes longer than that.
    """
    said = (bytearray(), bytearray())
    readers = [
        Thread(target=_read, args=(process, stream, into), daemon=True)
        for stream, into in zip((process.stdout, process.stderr), said, strict=True)
    ]
    for reader in readers:
        reader.start()
    try:
        process.wait(timeout)
    except BaseException:
        _end(process)
        raise
    for reader in readers:
        reader.join(DRAINING)  # what it has left running may keep a stream open
    return bytes(said[0]), bytes(said[1])


def _read(process: subprocess.Popen[bytes], stream: IO[bytes], into: bytearray) -> None:
    with stream:
        while piece := stream.read1(65536):  # type: ignore[attr-defined]
            into += piece
            if len(into) > PRINTED:
                _end(process)
                return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with all that it has started."""
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ending(program: str, status: int) -> str:
    return (
        f"{program} was ended by signal {-status}" if status < 0 else f"{program} exited {status}"
    )


def excerpt(text: str) -> str:
    """The beginning, which names the fault as a rule, and the end, which does so with some tools."""
    said = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(said) > 2 * SHOWN:
        said[SHOWN:-SHOWN] = ["…"]
    return "\n".join(f"  | {line}" for line in said) or "  | (it said nothing)"


def _remedy(text: str) -> str | None:
    for pattern, remedy in REMEDIES:
        if found := re.search(pattern, text, re.IGNORECASE):
            return remedy.format(*found.groups())
    return None
