"""Runs a command under what Docker's default profile refuses: some system calls, and most capabilities.

    python like_docker.py COMMAND ARGUMENT...

A system-call filter is put on this process and inherited: what needs CAP_SYS_ADMIN there (namespaces, mounts, bpf) is
EPERM, clone3 is ENOSYS so that the C library falls back to clone, whose namespace flags are refused. The capability set
is Docker's fourteen. Written after the profile's description; calls that this sandbox does not make are left out.
"""

import ctypes
import os
import platform
import struct
import sys

from dualset.builders.execution.selftest.syscalls import call_number

REFUSED = (
    *("UNSHARE", "SETNS", "MOUNT", "PIVOT_ROOT", "FSOPEN", "OPEN_TREE", "MOUNT_SETATTR", "BPF", "PERF_EVENT_OPEN"),
    *("FANOTIFY_INIT", "SETHOSTNAME", "KEYCTL", "ADD_KEY", "USERFAULTFD", "IO_URING_SETUP", "OPEN_BY_HANDLE_AT"),
)
KEPT = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)  # CHOWN … SETFCAP
NAMESPACES = 0x7E020000
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[platform.machine()]
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


def steps() -> list[tuple[int, int, int, int]]:
    """Instructions: code, steps to skip if true, if false, constant."""
    made = [(0x20, 0, 0, 4), (0x15, 1, 0, AUDIT), (6, 0, 0, EPERM), (0x20, 0, 0, 0)]
    for name in REFUSED:
        made += [(0x15, 0, 1, call_number(name)), (6, 0, 0, EPERM)]
    made += [(0x15, 0, 1, call_number("CLONE3")), (6, 0, 0, ENOSYS)]
    made += [(0x15, 0, 3, call_number("CLONE")), (0x20, 0, 0, 16), (0x45, 0, 1, NAMESPACES), (6, 0, 0, EPERM)]
    return [*made, (6, 0, 0, ALLOW)]


def main() -> None:
    """Take away, and become the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        for capability in range(41):
            if capability not in KEPT:
                libc.prctl(24, capability, 0, 0, 0)
        mask = sum(1 << capability for capability in KEPT)
        if libc.capset(struct.pack("II", 0x20080522, 0), struct.pack("6I", mask, mask, 0, 0, 0, 0)):
            raise OSError(ctypes.get_errno(), "capset")
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps()))
    head = struct.pack("HxxxxxxQ", len(steps()), ctypes.addressof(code))
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, head, 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")
    os.execv(sys.argv[1], sys.argv[1:])


main()
