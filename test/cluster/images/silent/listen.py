import signal, socket, sys

s = socket.socket()
try:
    s.bind(("", int(sys.argv[1])))
    s.listen()
except OSError:
    sys.exit(1)
signal.pause()
