"""Runs a program on a processor with AMX as on one without: the kernel is not asked for its tiles.

    python3 withoutAmx.py COMMAND [ARGUMENT...]

XNNPACK, MLAS and oneDNN ask Linux for AMX (arch_prctl ARCH_REQ_XCOMP_PERM) before they use it, and do without where they are refused it: no
small box has it, and convolutions of few channels are slower with it than with VNNI.
"""
import ctypes
import os
import struct
import sys

SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM = 158, 0x1023
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, EQUALS, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ERRNO, EPERM

program = b"".join(
    struct.pack("HBBI", *step)
    for step in [
        (LOAD_WORD, 0, 0, 0),  # the system call
        (EQUALS, 0, 3, SYS_ARCH_PRCTL),
        (LOAD_WORD, 0, 0, 16),  # its first argument
        (EQUALS, 0, 1, ARCH_REQ_XCOMP_PERM),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
)


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


libc = ctypes.CDLL(None, use_errno=True)
steps = Filter(len(program) // 8, program)
for request in [
    (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(steps), 0, 0),
]:
    if libc.prctl(*request) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
