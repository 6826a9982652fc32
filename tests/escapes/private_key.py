text = open("__SECRET__", "rb").read()
print("ESCAPED" if text else "it is empty")
