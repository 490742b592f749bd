"""Helpers for tests that watch a decoder's children."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from profiles.decoding import Decoder, DecoderSettings
from profiles.testing.pictures import encoded, four_corners

PNG = encoded(four_corners(), "PNG")


@contextmanager
def a_decoder(**settings: float) -> Iterator[Decoder]:
    decoder = Decoder(DecoderSettings(**({"processes": 1} | settings)))  # type: ignore[arg-type]
    try:
        yield decoder
    finally:
        decoder.close()


def only_pid(decoder: Decoder) -> int:
    (pid,) = decoder.pids()
    return pid


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
