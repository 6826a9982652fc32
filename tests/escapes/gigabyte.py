import os

piece = b"x" * 2**16
for _ in range(2**14):
    os.write(1, piece)
print("ESCAPED")
