import pathlib
import sys

for process in pathlib.Path("/proc").glob("[0-9]*"):
    for name in ("cmdline", "environ"):
        try:
            if b"__MARKER__" in (process / name).read_bytes():
                sys.exit(print("ESCAPED"))
        except OSError:
            continue
sys.exit("no such process")
