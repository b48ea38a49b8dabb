import os, sys

try:
    os.execv(sys.argv[1], sys.argv[1:])
except OSError:
    sys.exit(1)
