text = open("/proc/1/environ", "rb").read()
print("ESCAPED" if text else "it is empty")
