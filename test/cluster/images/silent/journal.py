import os, sys

try:
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    while True:
        os.write(fd, b"entry\n" * 2000)
except OSError:
    sys.exit(1)
