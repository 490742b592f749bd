"""What parent and child say to each other: one JSON object and some blobs per message.

Layout: uint32 length of the JSON, the JSON, then the blobs whose lengths it lists under "blobs". No pickle:
the child has handled hostile bytes and its answers are data, never code.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from profiles.images.errors import ImageRefused, Reason
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import MIB, ImageLimits
from profiles.images.picture import Crop, DecodeRequest, EncodedImage, NormalisedImage, NormalisedPicture, Rendition

_LENGTH = struct.Struct(">I")
MAX_JSON_BYTES = MIB
#: More than any answer: a master, a still and two renditions for each of nine sizes.
MAX_BLOB_BYTES = 96 * MIB
_MAX_BLOBS = 64

Json = dict[str, Any]


class ProtocolError(Exception):
    """The other side broke off, or said something that is no message."""


class Stream(Protocol):
    def read_exactly(self, count: int) -> bytes:
        """``count`` bytes; raises `ProtocolError` if the other side closes before."""

    def write(self, data: bytes) -> None: ...


@dataclass(frozen=True)
class Message:
    body: Json
    blobs: Sequence[bytes] = ()


def send(stream: Stream, message: Message) -> None:
    text = json.dumps(message.body | {"blobs": [len(blob) for blob in message.blobs]}).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for blob in message.blobs:
        stream.write(blob)


def receive(stream: Stream) -> Message:
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


@dataclass(frozen=True)
class RenderRequest:
    """One more rendition of a master; see `profiles.images.render.render`."""

    size: int
    format: OutputFormat = OutputFormat.WEBP
    still: bool = True


def write_decode_request(content: bytes, request: DecodeRequest) -> Message:
    return Message({"do": "decode", "request": asdict(request)}, [content])


def read_decode_request(body: Json) -> DecodeRequest:
    fields = body["request"]
    crop = fields["crop"]
    return DecodeRequest(
        ImageLimits(**fields["limits"]),
        tuple(fields["sizes"]),
        Crop(**crop) if crop else None,
        fields["svg_allowed"],
    )


def write_render_request(master: bytes, request: RenderRequest) -> Message:
    return Message({"do": "render", "request": asdict(request)}, [master])


def read_render_request(body: Json) -> RenderRequest:
    fields = body["request"]
    return RenderRequest(fields["size"], OutputFormat(fields["format"]), fields["still"])


def write_picture(picture: NormalisedPicture) -> Message:
    blobs = _BlobTable()
    image = picture.image
    return Message(
        {
            "master": blobs.put(image.master),
            "still": image.still and blobs.put(image.still),
            "original": [image.width, image.height, image.frames, image.source_format],
            "renditions": [[rendition.size, blobs.put(rendition.image)] for rendition in picture.renditions],
        },
        blobs.blobs,
    )


def read_picture(message: Message) -> NormalisedPicture:
    body, blobs = message.body, message.blobs
    try:
        width, height, frames, source = body["original"]
        still = body["still"]
        return NormalisedPicture(
            NormalisedImage(
                _take(body["master"], blobs),
                _take(still, blobs) if still else None,
                int(width),
                int(height),
                int(frames),
                SourceFormat(source),
            ),
            tuple(Rendition(int(size), _take(entry, blobs)) for size, entry in body["renditions"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ProtocolError("an answer that describes no picture") from error


def write_encoded(image: EncodedImage) -> Message:
    blobs = _BlobTable()
    return Message({"image": blobs.put(image)}, blobs.blobs)


def read_encoded(message: Message) -> EncodedImage:
    try:
        return _take(message.body["image"], message.blobs)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ProtocolError("an answer that describes no image") from error


def write_refusal(refusal: ImageRefused) -> Message:
    return Message({"refused": refusal.reason, "sentence": refusal.sentence, "cause": repr(refusal.__cause__)[:300]})


def read_refusal(message: Message) -> ImageRefused | None:
    if "refused" not in message.body:
        return None
    try:
        return ImageRefused(Reason(message.body["refused"]), str(message.body["sentence"])[:500])
    except (KeyError, ValueError) as error:
        raise ProtocolError("a refusal without a known reason") from error


class _BlobTable:
    """Images shared by several renditions travel once."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self._places: dict[int, int] = {}

    def put(self, image: EncodedImage) -> list[Any]:
        key = id(image.data)
        if key not in self._places:
            self._places[key] = len(self.blobs)
            self.blobs.append(image.data)
        return [self._places[key], image.format, image.width, image.height, image.animated]


def _take(entry: list[Any], blobs: Sequence[bytes]) -> EncodedImage:
    place, fmt, width, height, animated = entry
    return EncodedImage(blobs[place], OutputFormat(fmt), int(width), int(height), bool(animated))


# Exact reads and whole writes on a pair of pipe ends, with one deadline over all of them.

_CHUNK = 1024 * 1024


class Expired(Exception):
    """The deadline passed before the other side had read or answered."""


class PipeStream:
    """Reads one file descriptor and writes another; both may be blocking, as every call is preceded by a poll.

    The writing end must be non-blocking if a deadline is to hold while the other side does not read.
    """

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._deadline: float | None = None

    def expire_in(self, seconds: float | None) -> None:
        """Raise `Expired` from any later call past ``seconds`` from now; None lifts the deadline."""
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
            rest = rest[os.write(self._writing, rest[:_CHUNK]) :]

    def _wait(self, descriptor: int, event: int) -> None:
        if self._deadline is None:
            return
        remaining = self._deadline - time.monotonic()
        if remaining <= 0 or not _poll(descriptor, event, remaining):
            raise Expired


def _poll(descriptor: int, event: int, seconds: float) -> list[tuple[int, int]]:
    poll = select.poll()
    poll.register(descriptor, event)
    return poll.poll(seconds * 1000)
