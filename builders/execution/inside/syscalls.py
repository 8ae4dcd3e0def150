"""The system calls that the sandbox may make, by name and number: everything else is refused.

An allow-list, because what a new kernel adds is refused without anybody's thinking of it. What is allowed touches this
process, its open files and its memory. Files by name are Landlock's, the namespaces' or the broker's business.
"""

from collections.abc import Iterable

__all__ = ["ALLOWED", "BROKERED", "number"]

_TABLE = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69, pwritev 296 70,
preadv2 327 286, pwritev2 328 287, close 3 57, close_range 436 436, lseek 8 62, stat 4 -, lstat 6 -, fstat 5 80,
newfstatat 262 79, statx 332 291, access 21 -, faccessat 269 48, faccessat2 439 439,
getdents 78 -, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, statfs 137 43, fstatfs 138 44, dup 32 23,
dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72,
epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441,
eventfd 284 -, eventfd2 290 19, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87,
signalfd4 289 74, ftruncate 77 46, fallocate 285 47, fsync 74 82, fdatasync 75 83, flock 73 32, fadvise64 221 223,
sendfile 40 71, copy_file_range 326 285, umask 95 166, mmap 9 222, munmap 11 215,
mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, mincore 27 232, msync 26 227, mlock 149 228,
munlock 150 229, membarrier 324 283, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139,
rt_sigpending 127 136, rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, pause 34 -,
restart_syscall 219 128, alarm 37 -, setitimer 38 103, getitimer 36 102, futex 202 98, set_robust_list 273 99,
get_robust_list 274 100, set_tid_address 218 96, gettid 186 178, getpid 39 172, getppid 110 173, getuid 102 174,
geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158, getresuid 118 148, getresgid 120 150,
getpgrp 111 -, getpgid 121 155, getsid 124 156, setsid 112 157, setpgid 109 154, capget 125 90, sched_yield 24 124,
sched_getaffinity 204 123, sched_getparam 143 121, sched_getscheduler 145 120, sched_get_priority_max 146 125,
sched_get_priority_min 147 126, sched_rr_get_interval 148 127, getpriority 140 141, getcpu 309 168, rseq 334 293,
clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, nanosleep 35 101, gettimeofday 96 169,
time 201 -, times 100 153, getrusage 98 165, sysinfo 99 179, uname 63 160, getrandom 318 278, getrlimit 97 163,
setrlimit 160 164, timer_create 222 107, timer_settime 223 110, timer_gettime 224 108, timer_getoverrun 225 109,
timer_delete 226 111, exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95, sendto 44 206, recvfrom 45 207,
sendmsg 46 211, recvmsg 47 212, shutdown 48 210, getsockname 51 204, getpeername 52 205, getsockopt 55 209,
setsockopt 54 208, arch_prctl 158 -
"""
_FILES = """
open 2 -, openat 257 56, mkdir 83 -, mkdirat 258 34, unlink 87 -, unlinkat 263 35, rmdir 84 -, rename 82 -,
renameat 264 38, renameat2 316 276
"""
_JUDGED = """
socketpair 53 199,
clone 56 220, clone3 435 435, kill 62 129, tgkill 234 131, prctl 157 167, prlimit64 302 261, ioctl 16 29, fcntl 72 25,
pidfd_open 434 434, openat2 437 437, seccomp 317 277, process_vm_readv 310 270, pidfd_send_signal 424 424,
landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446, pivot_root 155 41,
mount_setattr 442 442, capset 126 91, unshare 272 97, mount 165 40, umount2 166 39
"""


def _read(table: str) -> dict[str, tuple[int | None, int | None]]:
    words = [row.split() for row in table.replace("\n", " ").split(",")]
    return {name: (_number(x86), _number(arm)) for name, x86, arm in words}


def _number(word: str) -> int | None:
    return None if word == "-" else int(word)


_NUMBERS = {name: its for table in (_TABLE, _FILES, _JUDGED) for name, its in _read(table).items()}
ALLOWED: Iterable[str] = tuple(_read(_TABLE)) + tuple(_read(_FILES))
"""Allowed whatever their arguments."""
BROKERED: Iterable[str] = tuple(_read(_FILES))
"""What the broker does in the program's stead, where nothing else guards the files."""


def number(name: str, column: int) -> int | None:
    """The call's number on an architecture (a column: ``kernel.ABI.column``); None: it has no such call."""
    return _NUMBERS[name][column]
