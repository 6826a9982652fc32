"""`python -m harness`, and the command `sampleproof`."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line, and exit with its code."""
    # A call makes much that lasts and little that does not: to look for that often is a waste.
    gc.set_threshold(100_000)
    from harness.cli.main import invoke

    sys.exit(invoke(sys.argv[1:]))


if __name__ == "__main__":
    main()
