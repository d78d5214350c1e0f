"""Starts a program with an inherited socket that leads to the daemon of the test, as SIGILFORGE_FD says."""

import os
import socket
import sys

kind, program = sys.argv[1], sys.argv[2:]
way = socket.socket(socket.AF_UNIX)
way.connect(os.path.join(os.environ["HOME"], "d.sock"))
os.set_inheritable(way.fileno(), True)
stats = os.fstat(way.fileno())
text = f"{way.fileno()}:{stats.st_dev}:{stats.st_ino}"
if kind == "others":
    way.send(b'{"jsonrpc":"2.0","id":"another-1","method":"get_secret","params":{"key":"a/b"}}\n')
if kind == "other":
    text = f"{way.fileno()}:{stats.st_dev}:{stats.st_ino + 1}"
if kind == "closed":
    way.close()
if kind == "form":
    text += ":"
os.environ["SIGILFORGE_FD"] = text
os.execvp(program[0], program)
