"""Confine the decoder's child before it reads a stranger's first byte. Runs in the child only.

rlimits hold memory, address space, core dumps, written files and open files everywhere. On Linux x86-64 and arm64 a
seccomp filter also denies new sockets, programs, other processes and files opened for writing. Decoders need none of
these, so such calls fail with EPERM instead of killing the process.
"""

import contextlib
import ctypes
import platform
import resource
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

# Classic BPF, linux/filter.h and linux/seccomp.h.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _DENY, _UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026  # allow; fail with EPERM; fail with ENOSYS
_AT_NUMBER, _AT_ARCHITECTURE = 0, 4
_OPEN_FOR_WRITING = 0o3  # O_WRONLY | O_RDWR
_CLONE_THREAD = 0x00010000
_CLONE3 = 435  # has its flags behind a pointer, which no filter can follow; without it glibc uses clone

_MIB = 1024 * 1024
#: What a child holds beside its data: the code of Python, Pillow, libvips and their libraries, and fonts. Measured: 30.
_CODE = 36 * _MIB
_STACK = 2 * _MIB
#: More than pthread_attr_t has anywhere.
_ATTRIBUTE_BYTES = 256


@dataclass(frozen=True)
class _Calls:
    """Numbers of the denied system calls and of clone, and which argument of each open call holds the flags."""

    audit_architecture: int
    denied: tuple[int, ...]
    clone: int
    opens: dict[int, int]


# Sockets: socket connect bind sendto sendmsg. Processes: fork vfork execve execveat ptrace kill tkill tgkill
# process_vm_readv/writev pidfd_open pidfd_getfd. Files: creat truncate openat2, all calls that rename, link, remove,
# create or change owners and modes, and mount. io_uring, which could do any of these past the filter.
_X86_64_SOCKETS_AND_PROCESSES = (41, 42, 49, 44, 46, 57, 58, 59, 322, 101, 62, 200, 234, 310, 311, 434, 438)
_X86_64_FILES = (85, 76, 437, 82, 264, 316, 86, 265, 88, 266, 87, 263, 83, 258, 84, 90, 268, 92, 260, 165, 425, 426)
_ARM64_SOCKETS_AND_PROCESSES = (198, 203, 200, 206, 211, 221, 281, 117, 129, 130, 131, 270, 271, 434, 438)
_ARM64_FILES = (45, 437, 38, 276, 37, 36, 35, 34, 53, 54, 40, 425, 426)

_ARCHITECTURES = {
    "x86_64": _Calls(0xC000003E, _X86_64_SOCKETS_AND_PROCESSES + _X86_64_FILES, 56, {2: 1, 257: 2}),  # open, openat
    "aarch64": _Calls(0xC00000B7, _ARM64_SOCKETS_AND_PROCESSES + _ARM64_FILES, 220, {56: 2}),  # openat
}


def confine(memory: int, address_space: int, open_files: int) -> bool:
    """Set the rlimits and the system call filter; return whether the filter could be set.

    `memory` and `address_space` are in bytes. Data (RLIMIT_DATA: heap, private mappings and the stacks of threads) may
    take `memory` less what code takes. rlimits that the machine already sets lower stay as they are.
    """
    _shrink_stacks()
    _lower(resource.RLIMIT_DATA, memory - _CODE)
    _lower(resource.RLIMIT_AS, address_space)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, open_files)
    return _filter_system_calls()


def _shrink_stacks() -> None:
    """Let later threads reserve _STACK instead of 8 MiB, all of which would count as data (glibc)."""
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        attributes = ctypes.create_string_buffer(_ATTRIBUTE_BYTES)
        library.pthread_attr_init(attributes)
        library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_STACK))
        library.pthread_setattr_default_np(attributes)


def _lower(limit: int, value: int) -> None:
    _soft, hard = resource.getrlimit(limit)
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # Some systems (macOS) refuse limits that Linux accepts; the parent's timeout still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (wanted, wanted))


def allow_processor_time(seconds: int) -> None:
    """Let SIGXCPU end this process after `seconds` more of processor time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = usage.ru_utime + usage.ru_stime
    _hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent + seconds) + 1, _hard))


def allow_memory(extra: int) -> None:
    """Let allocations fail once this process holds `extra` bytes more than now, or all it may ever hold (Linux)."""
    if sys.platform != "linux":
        return
    data_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    wanted = data_pages * resource.getpagesize() + extra
    _soft, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _filter_system_calls() -> bool:
    calls = _ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or calls is None or struct.calcsize("P") != 8:
        return False
    instructions = _build_filter(calls)
    program = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(program))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0):
        return False
    return bool(prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def _build_filter(calls: _Calls) -> bytes:
    """Return a program that denies the listed calls, opening for writing, and calls of another architecture."""
    steps = [
        _step(_LOAD, _AT_ARCHITECTURE),
        _step(_JUMP_EQUAL, calls.audit_architecture, 1, 0),
        _step(_RETURN, _DENY),
        _step(_LOAD, _AT_NUMBER),
        _step(_JUMP_AT_LEAST, 0x40000000, 0, 1),  # x32's numbers for the same calls
        _step(_RETURN, _DENY),
    ]
    for number in calls.denied:
        steps += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _DENY)]
    steps += [_step(_JUMP_EQUAL, _CLONE3, 0, 1), _step(_RETURN, _UNKNOWN)]
    steps += _by_flags(calls.clone, 0, _CLONE_THREAD, (_ALLOW, _DENY))
    for number, flags_at in calls.opens.items():
        steps += _by_flags(number, flags_at, _OPEN_FOR_WRITING, (_DENY, _ALLOW))
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _by_flags(number: int, flags_at: int, flags: int, answers: tuple[int, int]) -> list[bytes]:
    """Return the steps for one call: the first answer if its argument has any of `flags`, else the second."""
    return [
        _step(_JUMP_EQUAL, number, 0, 4),
        _step(_LOAD, 16 + 8 * flags_at),
        _step(_JUMP_ANY_BIT, flags, 0, 1),
        _step(_RETURN, answers[0]),
        _step(_RETURN, answers[1]),
    ]


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
