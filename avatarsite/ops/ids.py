"""The ids that connect the log lines of one piece of work: a request, or a job and the request that queued it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from itertools import count
from types import MappingProxyType

_WELL_FORMED = re.compile(r"[0-9A-Za-z_-]{8,64}")
_NONE: Mapping[str, str] = MappingProxyType({})
_CURRENT: ContextVar[Mapping[str, str]] = ContextVar("avatarsite_ids", default=_NONE)


def get_ids() -> Mapping[str, str]:
    """Return the ids of what this thread works on: `request_id`, and in a worker `job` and `job_id`."""
    return _CURRENT.get()


def set_ids(**ids: str) -> None:
    """Replace the ids of this thread; without arguments, forget them."""
    _CURRENT.set({name: value for name, value in ids.items() if value})


class working_on:  # noqa: N801 - used as a function; a generator would take three times as long for each request
    """Set the ids of this thread within a block."""

    def __init__(self, **ids: str) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._ids)

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)


def choose_request_id(given: str) -> str:
    """Return `given` if it is well-formed, else a new id of 32 hexadecimal digits, as nginx makes them.

    The new one is unique, not secret: half of it is this process's own, and the other half counts. Random bytes for
    each request would have every thread give up the interpreter's lock once more.
    """
    return given if given and _WELL_FORMED.fullmatch(given) else f"{_Process.prefix}{next(_Process.numbers):016x}"


class _Process:
    prefix = os.urandom(8).hex()
    numbers = count(1)


def _begin_again() -> None:
    _Process.prefix = os.urandom(8).hex()


os.register_at_fork(after_in_child=_begin_again)
