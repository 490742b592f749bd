"""The Celery app, and how its workers allocate memory.

glibc returns the top of its heap to the kernel when a large block is freed, and gets it back page by page for the next
file: with files of a few MB that costs more than hashing them (bench/RESULTS.md). Workers keep up to 64 MiB instead.
"""

from __future__ import annotations

import ctypes
import os

from celery import Celery
from celery.signals import import_modules, worker_init

os.environ.setdefault("AVATARSITE_PROCESS", "worker")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avatarsite.settings")
app = Celery("avatarsite")
app.config_from_object("django.conf:settings", namespace="CELERY")


@import_modules.connect
def _set_up_jobs(**_: object) -> None:
    """Only workers and beat come here, once Django is set up; a web process sends jobs by their names."""
    from profiles import jobs

    jobs.discover()
    jobs.register(app)


@worker_init.connect
def _set_up_memory(**_: object) -> None:
    keep_freed_memory()  # before it forks: the children inherit it


MIB = 1024 * 1024
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -2, -3, -8  # malloc.h
_CHOICES = {
    _M_MMAP_THRESHOLD: 32 * MIB,  # the most glibc takes: our largest pieces come from the heap
    _M_TRIM_THRESHOLD: 64 * MIB,
    _M_TOP_PAD: 16 * MIB,
    _M_ARENA_MAX: 1,  # one heap for all threads of a worker, which take turns anyway
}


def keep_freed_memory() -> bool:
    """Return whether the C library accepted the settings; other libraries than glibc have none and need none."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(name, value) for name, value in _CHOICES.items())
