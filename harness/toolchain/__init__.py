"""What a client's samples need to run: found on this machine, or installed once beside them."""
