import sys

try:
    rates = open(sys.argv[1]).read()
except OSError:
    sys.exit(1)
