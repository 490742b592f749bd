"""The ids that connect the log lines of one piece of work: a request, or a job and the request that queued it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def working_on(**ids: str) -> Iterator[None]:
    """Set the ids of this thread within the block."""
    token = _CURRENT.set(ids)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def choose_request_id(given: str) -> str:
    """Return `given` if it is well-formed, else a new random id of 32 hexadecimal digits, as nginx makes them."""
    return given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(16)
