import os
from urllib.request import urlopen

os.environ["no_proxy"] = os.environ["NO_PROXY"] = "*"
urlopen("http://127.0.0.2:__PORT__/", timeout=2)
print("ESCAPED")
