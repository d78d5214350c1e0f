"""refusing.py SYSCALL ERRNO PROGRAM [ARG...]: runs a program whose calls of `connect`, or of `socket` for a Unix socket,
end with that error, as in many sandboxes (seccomp(2))."""
import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {"x86_64": {"socket": 41, "connect": 42}, "aarch64": {"socket": 198, "connect": 203}}
AF_UNIX = 1
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
NUMBER_AT, FIRST_ARGUMENT_AT = 0, 16

call, failure, *program = sys.argv[1:]
number = NUMBERS[platform.machine()][call]
domain = [(LOAD, 0, 0, FIRST_ARGUMENT_AT), (EQUAL, 0, 1, AF_UNIX)] if call == "socket" else []
filters = [
    (LOAD, 0, 0, NUMBER_AT),
    (EQUAL, 0, len(domain) + 1, number),
    *domain,
    (RETURN, 0, 0, FAIL | getattr(errno, failure)),
    (RETURN, 0, 0, ALLOW),
]
code = b"".join(struct.pack("HBBI", *one) for one in filters)
buffer = ctypes.create_string_buffer(code, len(code))
libc = ctypes.CDLL(None, use_errno=True)
# struct sock_fprog: a count, padded, and a pointer.
fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(buffer)))
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, fprog, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(program[0], program)
