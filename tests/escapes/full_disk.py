import os

piece = b"x" * 2**20
for folder in (os.environ["HOME"], os.environ["TMPDIR"], "/tmp", "/dev/shm"):
    for number in range(50):
        with open(f"{folder}/escape-{number}", "wb") as file:
            for _ in range(4):
                file.write(piece)
print("ESCAPED")
