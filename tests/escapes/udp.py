import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(2)
sock.connect(("127.0.0.2", __PORT__))
sock.send(b"hello")
sock.recv(100)
print("ESCAPED")
