"""Numbers of the system calls that programs of the corpus make by number, past the C library."""

import platform

__all__ = ["call_number"]

_NUMBERS = {
    "x86_64": {
        "FORK": 57,
        "CLONE": 56,
        "KILL": 62,
        "TKILL": 200,
        "MODIFY_LDT": 154,
        "PIVOT_ROOT": 155,
        "MOUNT": 165,
        "SWAPON": 167,
        "SETHOSTNAME": 170,
        "INIT_MODULE": 175,
        "ADD_KEY": 248,
        "KEYCTL": 250,
        "IOPERM": 173,
        "UNSHARE": 272,
        "PERF_EVENT_OPEN": 298,
        "FANOTIFY_INIT": 300,
        "PRLIMIT": 302,
        "NAME_TO_HANDLE_AT": 303,
        "OPEN_BY_HANDLE_AT": 304,
        "SETNS": 308,
        "KCMP": 312,
        "BPF": 321,
        "USERFAULTFD": 323,
        "REBOOT": 169,
        "SHMGET": 29,
        "OPEN": 2,
        "OPENAT": 257,
        "SOCKET": 41,
        "KEXEC_LOAD": 246,
        "ACCT": 163,
    },
    "aarch64": {
        "CLONE": 220,
        "KILL": 129,
        "TKILL": 130,
        "PIVOT_ROOT": 41,
        "MOUNT": 40,
        "SWAPON": 224,
        "SETHOSTNAME": 161,
        "INIT_MODULE": 105,
        "ADD_KEY": 217,
        "KEYCTL": 219,
        "UNSHARE": 97,
        "PERF_EVENT_OPEN": 241,
        "FANOTIFY_INIT": 262,
        "PRLIMIT": 261,
        "NAME_TO_HANDLE_AT": 264,
        "OPEN_BY_HANDLE_AT": 265,
        "SETNS": 268,
        "KCMP": 272,
        "BPF": 280,
        "USERFAULTFD": 282,
        "REBOOT": 142,
        "SHMGET": 194,
        "OPENAT": 56,
        "SOCKET": 198,
        "KEXEC_LOAD": 104,
        "ACCT": 89,
    },
}
_BOTH = {
    "IO_URING_SETUP": 425,
    "OPEN_TREE": 428,
    "FSOPEN": 430,
    "CLONE3": 435,
    "OPENAT2": 437,
    "PIDFD_GETFD": 438,
    "MOUNT_SETATTR": 442,
}
_NOWHERE = 100_000
"""No kernel has a call of this number: it answers that there is none."""


def call_number(name: str) -> int:
    """The number on this machine's architecture; one that no kernel knows, where it has none."""
    return {**_BOTH, **_NUMBERS.get(platform.machine(), {})}.get(name, _NOWHERE)
