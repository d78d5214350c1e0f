"""Ends programs on terminals of their own, each as soon as what stands before it listens to signals: early-signal.py RUN."""

import fcntl
import os
import select
import signal
import socket
import sys
import termios

ROUNDS = 12
RUN = sys.argv[1]
CPUS = sorted(os.sched_getaffinity(0))


def listens(pid):
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return fields["Name"].strip() == "sigilforge-run" and int(fields["SigCgt"], 16) >> signal.SIGTERM - 1 & 1


def start(terminal, report, out):
    """On one processor, where a new process comes last."""
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, CPUS[:1])
        ends = [os.dup(end) for end in (terminal, terminal, terminal, report.fileno(), out.fileno())]
        for fd, end in enumerate(ends):
            os.dup2(end, fd)
        os.closerange(5, 100)
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execv(RUN, [RUN, "-", "3", "4", "0,1,2", "5", "sleep", "1000"])
    return pid


def end(pid, report, out):
    """Answers until it has ended."""
    open_ends = [report, out]
    while open_ends:
        for end in select.select(open_ends, [], [])[0]:
            data = end.recv(4096)
            if not data:
                open_ends.remove(end)
            elif end is report and b"F" in data:
                report.send(b"F")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


master, slave = os.openpty()
os.setsid()
fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.sched_setaffinity(0, CPUS[-1:])
for _ in range(ROUNDS):
    report, its_report = socket.socketpair()
    out, its_out = socket.socketpair()
    pid = start(slave, its_report, its_out)
    its_report.close()
    its_out.close()
    while not listens(pid):
        continue
    os.kill(pid, signal.SIGTERM)
    print(end(pid, report, out), flush=True)
