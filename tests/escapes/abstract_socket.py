import socket

socket.socket(socket.AF_UNIX).connect("\0__ABSTRACT__")
print("ESCAPED")
