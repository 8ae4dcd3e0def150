"""The two filters: one on the zygote for good, which all its children inherit, and a small one that each child adds.

The zygote has to fork, kill and restrict; its children must not, so a child gives these up before it reads the program.
"""

import os

from dualset.builders.execution.inside.bpf import ABSENT, ALLOW, ASK, OWN_PID, PRETEND, REFUSE, Filter, Rule, allow_only
from dualset.builders.execution.inside.syscalls import ALLOWED, BROKERED

__all__ = ["child_filter", "zygote_filter"]

_CLONE_THREAD = 0x00010000
_NAMES_ITSELF = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
_TERMINAL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_SIGNALLING = (8, 10, 15, 1024, 1026)  # F_SETOWN F_SETSIG F_SETOWN_EX F_SETLEASE F_NOTIFY: a signal to anybody
_OPENINGS = (("open", 1), ("openat", 2))
"""The calls and where their flags are (O_TRUNC of what is opened for reading: Landlock saw it not before Linux 6.2)."""
_STREAM = 1


def zygote_filter(level: str) -> Filter:
    """The allow-list, for a level above ``none``."""
    rules = [
        Rule("clone3", ABSENT),  # its flags cannot be read here; the C library then takes clone
        Rule("openat2", ABSENT),
        Rule("ioctl", ALLOW, 1, _TERMINAL),
        Rule("fcntl", REFUSE, 1, _SIGNALLING),
        Rule("fcntl", ALLOW),
        Rule("prlimit64", ALLOW, 0, (0,)),  # its own limits only
        Rule("socketpair", ALLOW, 1, (_STREAM,), 0xF),  # datagrams can be sent to any socket of the machine
        *(Rule(call, REFUSE, arg, (os.O_TRUNC,), os.O_TRUNC | os.O_ACCMODE) for call, arg in _OPENINGS),
    ]
    rules += [Rule(name, ALLOW) for name in ("clone", "kill", "tgkill", "prctl", "pidfd_open")]
    if level == "landlock":
        rules += [Rule(call, ASK, arg, (os.O_CREAT,), os.O_CREAT) for call, arg in _OPENINGS]
        rules += [Rule(name, ASK) for name in ("mkdir", "mkdirat")]
    if level == "seccomp":
        rules += [Rule(name, ASK) for name in BROKERED]
    return Filter(rules, otherwise=allow_only(ALLOWED))


def child_filter() -> Filter:
    """What a child gives up: new processes, signals to others, and changes to what the zygote set up."""
    rules = [
        Rule("clone", ALLOW, 0, (_CLONE_THREAD,), _CLONE_THREAD),
        Rule("clone", REFUSE),
        Rule("kill", ALLOW, 0, (OWN_PID,)),
        Rule("kill", REFUSE),
        Rule("tgkill", ALLOW, 0, (OWN_PID,)),
        Rule("tgkill", REFUSE),
        Rule("prctl", ALLOW, 0, _NAMES_ITSELF),
        Rule("prctl", REFUSE),
        Rule("pidfd_open", REFUSE),
        Rule("setrlimit", PRETEND),  # programs ask for more stack; a refusal would be an exception
        Rule("prlimit64", ALLOW, 2, absent=True),
        Rule("prlimit64", PRETEND),
    ]
    return Filter(rules, otherwise=[(0x06, 0, 0, ALLOW)])
