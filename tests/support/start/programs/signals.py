"""Writes the name of each signal that arrives, a line for each, and ends with 7 at a line `end` on standard input.

signals.py [FILE] [-NAME...]   Writes to FILE where one is given; signals with a minus keep their usual effect.
"""

import os
import signal
import sys
import time

NAMES = ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "TSTP", "CONT", "WINCH"]
usual = [text[1:] for text in sys.argv[1:] if text.startswith("-")]
files = [text for text in sys.argv[1:] if not text.startswith("-")]
output = os.open(files[0], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) if files else 1


def write(number, _):
    name = signal.Signals(number).name
    if name == "SIGWINCH" and os.isatty(output):
        name += " %dx%d" % os.get_terminal_size(output)
    os.write(output, (name + "\n").encode())


for name in NAMES:
    if name not in usual:
        signal.signal(getattr(signal, "SIG" + name), write)
os.write(output, b"ready\n")
on_terminal = os.isatty(0)
while True:
    try:
        line = os.read(0, 4096)
    except OSError:
        line = b""
    if b"end" in line:
        sys.exit(7)
    if not line and not on_terminal:
        sys.exit(8)
    if not line:
        # Not pause(): a signal may have come right before, whose handler is yet to run.
        time.sleep(0.05)
