text = open("__OTHER__", "rb").read()
print("ESCAPED" if text else "it is empty")
