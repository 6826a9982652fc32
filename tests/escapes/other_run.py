text = open("__RUN__", "rb").read()
print("ESCAPED" if text else "it is empty")
