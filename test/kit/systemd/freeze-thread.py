"""Stops one thread of a process for good, as a lock that nobody releases would: freeze-thread.py PID NAME.

Says "frozen" when it stands still, and lets it go when this program ends.
"""

import ctypes
import os
import sys

PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_ulong, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def threads_named(pid, name):
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf8") as file:
            if file.read().strip() == name:
                yield int(thread)


[thread] = threads_named(int(sys.argv[1]), sys.argv[2])
ptrace(PTRACE_SEIZE, thread)
ptrace(PTRACE_INTERRUPT, thread)
os.waitpid(thread, WALL)
print("frozen", flush=True)
# It ends with the process that it belongs to, and this program then has nothing to wait for.
os.waitpid(thread, WALL)
