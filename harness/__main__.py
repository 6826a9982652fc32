"""`python -m harness`, and the command `sampleproof`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and exit with its code."""
    # A call makes much that lasts and little that does not: to look for that often is a waste.
    gc.set_threshold(100_000)
    from harness.cli.main import invoke

    _leave(invoke(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """Exit, and leave it to the system to take everything apart: it is much faster at it."""
    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            continue  # nobody listens any more
        except (OSError, ValueError) as error:
            with suppress(OSError, ValueError):
                print(f"error: the output cannot be written: {error}", file=sys.stderr)  # noqa: T201
            code = code or 3
    os._exit(code)


if __name__ == "__main__":
    main()
