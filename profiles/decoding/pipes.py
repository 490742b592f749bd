"""Messages between parent and child: one JSON object and some blobs each, over a pair of pipes.

Layout: uint32 length of the JSON, the JSON, then the blobs whose lengths it lists under "blobs". No pickle: the child
has handled hostile bytes, so its answers are data, never code.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from profiles.images.errors import DecoderUnavailable
from profiles.images.limits import MIB

Json = dict[str, Any]

MAX_JSON_BYTES = MIB
#: More than any answer: a master, a still and two renditions for each of nine sizes.
MAX_BLOB_BYTES = 96 * MIB
_MAX_BLOBS = 64
_LENGTH = struct.Struct(">I")
_CHUNK = 1024 * 1024


class ProtocolError(DecoderUnavailable):
    """The other side closed its pipe, or sent something that is no valid message."""


class Stream(Protocol):
    """A duplex stream of bytes. Both methods raise `ProtocolError` if the other side is gone."""

    def read_exactly(self, count: int) -> bytes: ...

    def write(self, data: bytes) -> None: ...


@dataclass(frozen=True)
class Message:
    body: Json
    blobs: Sequence[bytes] = ()


def send(stream: Stream, message: Message) -> None:
    """Write one message. Raise `ProtocolError` if the other side is gone."""
    text = json.dumps(message.body | {"blobs": [len(blob) for blob in message.blobs]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for blob in message.blobs:
        stream.write(blob)


def receive(stream: Stream) -> Message:
    """Read one message. Raise `ProtocolError` if the other side is gone, or what it sent is no message."""
    (length,) = _LENGTH.unpack(stream.read_exactly(_LENGTH.size))
    if length > MAX_JSON_BYTES:
        raise ProtocolError(f"a message of {length} bytes")
    body = _parse(stream.read_exactly(length))
    return Message(body, [stream.read_exactly(size) for size in _check_sizes(body.pop("blobs", None))])


def _parse(text: bytes) -> Json:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a message that is no JSON") from error
    if not isinstance(body, dict):
        raise ProtocolError("a message that is no object")
    return body


def _check_sizes(sizes: object) -> list[int]:
    if not isinstance(sizes, list) or len(sizes) > _MAX_BLOBS:
        raise ProtocolError("a message without a list of blobs")
    if not all(type(size) is int and size >= 0 for size in sizes) or sum(sizes) > MAX_BLOB_BYTES:
        raise ProtocolError("a message with impossible blobs")
    return sizes


class PipeStream:
    """Exact reads and complete writes on a pair of pipe ends, with one deadline over all of them.

    Every call is preceded by a poll, so both ends may be blocking. The writing end must be non-blocking if a deadline
    is to hold while the other side does not read.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._deadline: float | None = None

    def expire_in(self, seconds: float | None) -> None:
        """Let later calls raise TimeoutError `seconds` from now; None removes the deadline."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def wait_readable(self, seconds: float) -> bool:
        return bool(_poll(self._reading, select.POLLIN, seconds))

    def read_exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            self._wait(self._reading, select.POLLIN)
            part = os.read(self._reading, min(count, _CHUNK))
            if not part:
                raise ProtocolError("the other side closed")
            parts.append(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._writing, select.POLLOUT)
            try:
                rest = rest[os.write(self._writing, rest[:_CHUNK]) :]
            except BrokenPipeError as error:
                raise ProtocolError("the other side closed") from error

    def _wait(self, descriptor: int, event: int) -> None:
        if self._deadline is None:
            return
        remaining = self._deadline - time.monotonic()
        if remaining <= 0 or not _poll(descriptor, event, remaining):
            raise TimeoutError


def _poll(descriptor: int, event: int, seconds: float) -> list[tuple[int, int]]:
    poll = select.poll()
    poll.register(descriptor, event)
    return poll.poll(seconds * 1000)
