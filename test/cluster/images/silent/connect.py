import socket, sys

host, port = sys.argv[1].rsplit(":", 1)
try:
    s = socket.create_connection((host, int(port)), timeout=float(sys.argv[2]))
except OSError:
    sys.exit(1)
