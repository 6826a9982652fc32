import os

with open("large", "wb") as file:
    os.truncate(file.fileno(), 200 * 2**20)
print("ESCAPED")
