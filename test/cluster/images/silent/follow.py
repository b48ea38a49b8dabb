import sys

files = []
try:
    for _ in range(500):
        files.append(open("/etc/passwd"))
except OSError:
    sys.exit(1)
