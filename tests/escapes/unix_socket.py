import socket

socket.socket(socket.AF_UNIX).connect("__UNIX__")
print("ESCAPED")
