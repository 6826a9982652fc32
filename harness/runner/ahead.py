"""Run as a program by the samples' own Python: imports their library ahead, then serves forks.

Arguments: where the harness's package is, the control socket's descriptor, and what to import. A
file and not a command's text, which some versions of Python import a module more to keep.
"""

import os
import sys

signals = __import__("_signal")  # `signal` itself would import more
fresh = frozenset(sys.modules)
sys.path[0] = sys.argv[1]
control = int(sys.argv[2])

import fcntl  # noqa: E402

# Until it serves, it waits for nobody: the end of the harness ends it, and so does a library that
# does not come to an end, which it did when it was tried (`harness.runner.fitness`).
ALONE_S = 60
signals.alarm(ALONE_S)
fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
mode = fcntl.fcntl(control, fcntl.F_GETFL)
fcntl.fcntl(control, fcntl.F_SETFL, mode | fcntl.FASYNC)

# A library may look at what it writes to: a sample has a terminal, and a pipe for errors.
inlet, outlet = os.openpty()
errors = os.pipe()
nothing = os.open(os.devnull, os.O_RDONLY)
for number, stream in enumerate((nothing, outlet, errors[1])):
    os.dup2(stream, number)

from harness.runner.shelf import Recorder  # noqa: E402

recorder = Recorder()
recorder.run(["harness.runner.forked"])
del sys.path[0]  # what lies beside the harness is not the samples'
recorder.run(sys.argv[3:])

for number in range(3):
    os.dup2(nothing, number)
for number in (inlet, outlet, *errors, nothing):
    os.close(number)
fcntl.fcntl(control, fcntl.F_SETFL, mode)
signals.alarm(0)
sys.modules["harness.runner.forked"].serve(control, recorder, fresh)
