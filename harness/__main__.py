"""`python -m harness`, and the command `sampleproof`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import NoReturn

from harness import interruption
from harness.outlet import Streams


def main() -> NoReturn:
    """Run the command line, and exit with its code."""
    # A call makes much that lasts and little that does not: to look for that often is a waste.
    gc.set_threshold(100_000)
    streams = Streams()
    try:
        interruption.heed()
        from harness.cli.main import invoke

        code = invoke(sys.argv[1:])
    except KeyboardInterrupt:  # before anything began, or after all was done
        code = 128 + interruption.received()
    _leave(code, streams)


def _leave(code: int, streams: Streams) -> NoReturn:
    """Exit, and leave it to the system to take everything apart: it is much faster at it."""
    atexit._run_exitfuncs()  # noqa: SLF001
    if lost := streams.finish():
        from harness.printer import complain

        complain(f"the output cannot be written: {lost}")
        code = code if code in {2, 3} or code > 128 else 3  # noqa: PLR2004
    os._exit(code)


if __name__ == "__main__":
    main()
