import sys

settings = dict(line.strip().split("=", 1) for line in open(sys.argv[1]) if "=" in line)
if settings.get("rounding") not in ("up", "down"):
    sys.exit(2)
