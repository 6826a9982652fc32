import os
import sys

escaped = []
for path in (__file__, "__OTHER__"):
    try:
        open(path, "a").close()
        escaped.append(path)
    except OSError as error:
        last = error
# Where writing would do harm if it worked, the question is enough.
escaped += [path for path in ("/", "/usr", "/etc", os.path.dirname(os.__file__), sys.prefix) if os.access(path, os.W_OK)]
if escaped:
    sys.exit(print("ESCAPED", *escaped))
raise last
