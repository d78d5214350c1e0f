"""hand-on.py SOCKET [--foreign] PROGRAM [ARG...]: runs a program with one end of a socket pair, SIGILFORGE_FD, whose other
end leads to the daemon at SOCKET. Its number is 40, or $NUMBER. With --foreign, each answer comes after one to another's request and half a line."""
import os
import socket
import subprocess
import sys
import threading

NUMBER = int(os.environ.get("NUMBER", "40"))

path, *program = sys.argv[1:]
foreign = program[0] == "--foreign" and program.pop(0)
ours, theirs = socket.socketpair()
os.dup2(theirs.fileno(), NUMBER)
theirs.close()
daemon = socket.socket(socket.AF_UNIX)
daemon.connect(path)


def requests():
    for line in ours.makefile("rb"):
        if line.strip():
            daemon.sendall(line)


def answers():
    for line in daemon.makefile("rb"):
        if foreign:
            ours.sendall(b'{"jsonrpc":"2.0","id":1,"result":{"access_token":"foreign","value":"foreign"}}\n{"half\n')
            ours.sendall(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"foreign"}}\nno JSON\n')
        ours.sendall(line)


for pump in (requests, answers):
    threading.Thread(target=pump, daemon=True).start()
stat = os.fstat(NUMBER)
names = {"SIGILFORGE_FD": f"{NUMBER}:{stat.st_dev}:{stat.st_ino}"}
child = subprocess.Popen(program, env={**os.environ, **names}, pass_fds=[NUMBER])
os.close(NUMBER)
sys.exit(child.wait())
