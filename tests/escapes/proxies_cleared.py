import os
from urllib.request import urlopen

for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]
urlopen("http://127.0.0.2:__PORT__/", timeout=2)
print("ESCAPED")
