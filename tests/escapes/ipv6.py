import socket

socket.create_connection(("::1", __PORT__), timeout=2)
print("ESCAPED")
