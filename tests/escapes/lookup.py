import socket
import sys

# A name server outside must never be asked, not even where the seal fails.
if "nameserver 127.0.0.1\n" not in open("/etc/resolv.conf").read():
    sys.exit(print("ESCAPED"))
socket.getaddrinfo("secret.example", 443)
print("ESCAPED")
