"""Runs a command on a pseudo-terminal of its own, as the foreground job of a little shell.

terminal.py [--lead] COMMAND...   With --lead the command itself leads the session, as under ssh.

What the command shows goes to standard output. Lines on standard input: `type HEX`, `kill NAME`, `resize COLUMNS ROWS`,
`continue` (the stopped job) and `hangup`. Lines on standard error: `job PID`, `stopped`, `exit CODE` and `signal NUMBER`; without
--lead, `modes TEXT` before each of them, for what the terminal is set to.
"""

import atexit
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time


def say(text):
    os.write(2, (text + "\n").encode())


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def take_terminal(slave, tell):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.set_inheritable(tell, False)


def run(command):
    os.closerange(3, 64)
    os.execvp(command[0], command)


def modes():
    return b"modes %r\n" % (termios.tcgetattr(0),)


def settled(usual):
    # Who restores the terminal after a job was killed learns of that no sooner than this shell.
    until = time.monotonic() + 10
    while modes() != usual and time.monotonic() < until:
        time.sleep(0.01)


def shell(command, tell):
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        run(command)
    usual = modes()
    os.write(tell, usual + b"job %d\n" % job)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.write(tell, modes() + b"stopped\n")
        else:
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                settled(usual)
            report(status, lambda text: os.write(tell, modes() + (text + "\n").encode()))
            os._exit(0)


def report(status, tell):
    if os.WIFSIGNALED(status):
        tell("signal %d" % os.WTERMSIG(status))
    else:
        tell("exit %d" % os.WEXITSTATUS(status))


def end(*groups):
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            pass


def main(arguments):
    lead = arguments[0] == "--lead"
    command = arguments[1:] if lead else arguments
    master, slave = os.openpty()
    resize(master, 100, 40)
    told, tell = os.pipe()
    leader = os.fork()
    if leader == 0:
        os.close(master)
        take_terminal(slave, tell)
        run(command) if lead else shell(command, tell)
    os.close(slave)
    os.close(tell)
    job = leader
    if lead:
        say("job %d" % job)
    # Whatever ends this program, the job and all in its process group end with it.
    atexit.register(lambda: end(job, leader))
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    reading = {0, master, told}
    while reading - {0}:
        ready, _, _ = select.select(list(reading), [], [])
        for fd in ready:
            try:
                data = os.read(fd, 65536)
            except OSError:
                data = b""
            if not data:
                reading.discard(fd)
                continue
            if fd == master:
                os.write(1, data)
            elif fd == told:
                os.write(2, data)
                for line in data.decode().splitlines():
                    if line.startswith("job "):
                        job = int(line[4:])
            else:
                for line in data.decode().splitlines():
                    verb, *rest = line.split()
                    if verb == "type":
                        os.write(master, bytes.fromhex(rest[0]))
                    elif verb == "kill":
                        os.kill(job, getattr(signal, "SIG" + rest[0]))
                    elif verb == "resize":
                        resize(master, int(rest[0]), int(rest[1]))
                    elif verb == "continue":
                        os.killpg(job, signal.SIGCONT)
                    elif verb == "hangup":
                        reading.discard(master)
                        os.close(master)
    _, status = os.waitpid(leader, 0)
    if lead:
        report(status, say)


main(sys.argv[1:])
