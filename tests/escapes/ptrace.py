import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
SEIZE = 0x4206  # attaches without stopping
if libc.ptrace(SEIZE, os.getppid(), None, None):
    sys.exit(os.strerror(ctypes.get_errno()))
print("ESCAPED")
