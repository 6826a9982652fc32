import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


with open("/proc/self/maps") as maps:  # a fork's memory lies where its parent's does
    start = int(next(maps).partition("-")[0], 16)
page = ctypes.create_string_buffer(16)
here, there = Piece(ctypes.addressof(page), 16), Piece(start, 16)
read = libc.process_vm_readv(os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
# "Bad address" would mean that it may read, only not there.
if read < 0 and ctypes.get_errno() != 14:
    sys.exit(os.strerror(ctypes.get_errno()))
print("ESCAPED")
