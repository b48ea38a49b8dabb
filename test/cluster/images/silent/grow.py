import sys

held = []
for _ in range(int(sys.argv[1])):
    held.append(bytearray(b"x" * (1 << 20)))
