import os
import time

for _ in range(2000):
    if os.fork() == 0:
        time.sleep(20)
        os._exit(0)
print("ESCAPED")
