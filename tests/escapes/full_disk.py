import os

piece = b"x" * 4 * 2**20
for number in range(50):
    with open(f"{os.environ['HOME']}/escape-{number}", "wb") as file:
        file.write(piece)
print("ESCAPED")
