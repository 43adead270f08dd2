"""A file system without locks, as some network file systems are: the kernel refuses every lock of a process."""

import ctypes
import os
import platform
import struct
from collections.abc import Callable

FLOCK_AND_FCNTL = {"x86_64": (73, 72), "aarch64": (32, 25)}  # numbers of system calls
SETTING_A_LOCK = (6, 7, 37, 38)  # what fcntl is asked to do: F_SETLK, F_SETLKW, and for open files
SET_NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # instructions of the kernel's packet filter
CALL_NUMBER, SECOND_ARGUMENT = 0, 24  # where they are in what a filter sees
ALLOW, FAIL = 0x7FFF0000, 0x00050000

Instruction = tuple[int, int, int, int]  # what to do, the jumps if it is true and if not, a number


class Program(ctypes.Structure):
    """A program of the packet filter, as the kernel takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_of(error: int) -> list[Instruction]:
    """A filter in which taking a lock fails with an error, and everything else goes on."""
    flock, fcntl = FLOCK_AND_FCNTL[platform.machine()]
    asked = len(SETTING_A_LOCK)
    return [
        (LOAD, 0, 0, CALL_NUMBER),
        (IF_EQUAL, asked + 3, 0, flock),
        (IF_EQUAL, 0, asked + 1, fcntl),
        (LOAD, 0, 0, SECOND_ARGUMENT),
        *((IF_EQUAL, asked - place, 0, command) for place, command in enumerate(SETTING_A_LOCK)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAIL | error),
    ]


def refusing_locks(error: int) -> Callable[[], None]:
    """What makes a new process one in which the kernel refuses every lock with this error."""

    def refuse() -> None:
        code = b"".join(struct.pack("=HBBI", *each) for each in filter_of(error))
        program = Program(len(code) // 8, code)
        kernel = ctypes.CDLL(None, use_errno=True)
        for asked in (
            (SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0),
            (SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0),
        ):
            if kernel.prctl(*asked):
                raise OSError(ctypes.get_errno(), "the kernel takes no filter")

    return refuse


def can_refuse_locks() -> bool:
    """Does this machine have such filters?"""
    return platform.machine() in FLOCK_AND_FCNTL and os.path.exists("/proc/sys/kernel/seccomp")
