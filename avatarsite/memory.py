"""How processes allocate memory: settings of glibc's malloc. Other C libraries have none and need none.

Workers take turns with one large file after another. glibc returns the top of its heap to the kernel when a large block
is freed, and gets it back page by page for the next file: with files of a few MB that costs more than hashing them
(bench/RESULTS.md). So workers keep up to 64 MiB.

Web processes must stay small while several threads hold uploads for a moment. By itself glibc gives each thread a heap,
and once the first upload was freed it takes all later ones from these heaps, which then never shrink.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

KIB, MIB = 1024, 1024 * 1024
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -2, -3, -8  # malloc.h
_KEEP = {
    _M_MMAP_THRESHOLD: 32 * MIB,  # the most glibc takes: our largest pieces come from the heap
    _M_TRIM_THRESHOLD: 64 * MIB,
    _M_TOP_PAD: 16 * MIB,
    _M_ARENA_MAX: 1,  # one heap for all threads of a worker, which take turns anyway
}
_RETURN = {
    _M_MMAP_THRESHOLD: 256 * KIB,  # larger pieces come from the kernel, and go back to it when they are freed
    _M_TRIM_THRESHOLD: 4 * MIB,
    _M_TOP_PAD: 1 * MIB,
    _M_ARENA_MAX: 1,
}


def keep_freed_memory() -> bool:
    """Return whether the C library accepted the settings."""
    return _set(_KEEP)


def return_freed_memory() -> bool:
    """Return whether the C library accepted the settings. Call it before threads begin: each may have a heap then."""
    return _set(_RETURN)


def _set(choices: Mapping[int, int]) -> bool:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(name, value) for name, value in choices.items())
