import mmap

private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
kept = [mmap.mmap(-1, 2**28, flags=private) for _ in range(24)]  # 6 GiB, untouched
print("ESCAPED")
