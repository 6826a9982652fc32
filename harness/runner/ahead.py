"""Run as a program by the samples' own Python: imports their library ahead, then serves forks.

Arguments: where the harness's package is, the control socket's descriptor, and what to import. A
file and not a command's text, which some versions of Python import a module more to keep.
"""

import sys

fresh = frozenset(sys.modules)
sys.path[0] = sys.argv[1]
from harness.runner.shelf import Recorder  # noqa: E402

recorder = Recorder()
recorder.run([*sys.argv[3:], "harness.runner.forked"])
sys.modules["harness.runner.forked"].serve(int(sys.argv[2]), recorder, fresh)
