import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
KEYCTL, SEARCH, SESSION = {"x86_64": 250}.get(os.uname().machine, 219), 10, -3
if libc.syscall(KEYCTL, SEARCH, SESSION, b"user", b"__MARKER__", 0) < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("ESCAPED")
