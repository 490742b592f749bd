"""The ids that connect the log lines of one piece of work: a request, or a job and the request that queued it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
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
    """Return `given` if it is well-formed, else a new random id of 32 hexadecimal digits, as nginx makes them."""
    return given if _WELL_FORMED.fullmatch(given) else os.urandom(16).hex()
