import os
import signal
import socket
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        for number in range(3):
            os.close(number)
        time.sleep(1.5)
        socket.create_connection(("127.0.0.2", __PORT__))
        time.sleep(30)
    os._exit(0)
os.wait()
raise SystemExit("a daemon is left")
