import ctypes
import os
import sys

os.mkdir("mounted")
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"none", b"mounted", b"tmpfs", 0, None):
    sys.exit(os.strerror(ctypes.get_errno()))
libc.umount(b"mounted")
print("ESCAPED")
