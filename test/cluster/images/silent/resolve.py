import socket, sys

try:
    socket.getaddrinfo(sys.argv[1], 5432, type=socket.SOCK_STREAM)
except OSError:
    sys.exit(1)
