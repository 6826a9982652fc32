"""The words and the environment by which a process is known to others. Standard library only.

They lie where the kernel was told that they lie when the program was started, and a fork has those of
its parent. Source: prctl(2), PR_SET_MM_MAP; proc(5).
"""

from __future__ import annotations

import ctypes
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PR_SET_MM, PR_SET_MM_MAP = 35, 14
STATE = 3
"""The number of the first field of /proc/PID/stat behind the program's name."""
CODE, STACK, DATA, HEAP = (26, 27), 28, (45, 46), 47
NO_FILE = -1

LIBC = ctypes.CDLL(None, use_errno=True)
if hasattr(LIBC, "sbrk"):
    LIBC.sbrk.restype = ctypes.c_void_p
LIBC.malloc.restype = ctypes.c_void_p


def set_words(argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Have /proc/self/cmdline and /proc/self/environ tell these; whether the kernel does so."""
    if not os.path.exists("/proc/self/stat"):  # noqa: PTH110
        return False
    words = b"".join(os.fsencode(word) + b"\0" for word in argv)
    variables = b"".join(
        os.fsencode(f"{name}={value}") + b"\0" for name, value in environment.items()
    )
    # Never given back: it is read for as long as the process is there.
    place = LIBC.malloc(ctypes.c_size_t(len(words) + len(variables)))
    ctypes.memmove(place, words + variables, len(words) + len(variables))
    with open("/proc/self/stat", "rb") as file:  # noqa: PTH123
        fields = [0] * STATE + file.read().rpartition(b") ")[2].split()
    middle, end = place + len(words), place + len(words) + len(variables)
    layout = struct.pack(
        "11QQIi",
        *(int(fields[number]) for number in (*CODE, *DATA, HEAP)),
        LIBC.sbrk(0),
        int(fields[STACK]),
        *(place, middle, middle, end),
        *(0, 0, NO_FILE),
    )
    kept = ctypes.create_string_buffer(layout, len(layout))
    size = ctypes.c_ulong(len(layout))
    return bool(LIBC.prctl(PR_SET_MM, PR_SET_MM_MAP, ctypes.byref(kept), size, 0) == 0)
