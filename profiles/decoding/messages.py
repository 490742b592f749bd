"""Requests and answers as messages: `write_` builds the message of a value, `read_` parses it on the other side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from profiles.decoding.pipes import Json, Message, ProtocolError
from profiles.images.errors import REFUSALS, ImageRefused
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.limits import ImageLimits
from profiles.images.picture import Crop, DecodeRequest, EncodedImage, NormalizedImage, NormalizedPicture, Rendition
from profiles.sentences import from_data, to_data

#: Raised by reading a value out of a JSON object that does not describe it.
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, OverflowError)


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
        int(fields["turn"]),
        float(fields["angle"]),
    )


def write_render_request(master: bytes, request: RenderRequest) -> Message:
    return Message({"do": "render", "request": asdict(request)}, [master])


def read_render_request(body: Json) -> RenderRequest:
    fields = body["request"]
    return RenderRequest(fields["size"], OutputFormat(fields["format"]), fields["still"])


def write_picture(picture: NormalizedPicture) -> Message:
    blobs = _BlobTable()
    image = picture.image
    return Message(
        {
            "master": blobs.put(image.master),
            "still": image.still and blobs.put(image.still),
            "difference_hash": picture.difference_hash,
            "original": [image.width, image.height, image.frames, image.source_format],
            "renditions": [[rendition.size, blobs.put(rendition.image)] for rendition in picture.renditions],
        },
        blobs.blobs,
    )


def read_picture(message: Message) -> NormalizedPicture:
    """Parse the answer to a decode request. Raise `ProtocolError`."""
    body, blobs = message.body, message.blobs
    try:
        width, height, frames, source = body["original"]
        still = body["still"]
        return NormalizedPicture(
            NormalizedImage(
                _read_image(body["master"], blobs),
                _read_image(still, blobs) if still else None,
                int(width),
                int(height),
                int(frames),
                SourceFormat(source),
            ),
            _read_hash(body["difference_hash"]),
            tuple(Rendition(int(size), _read_image(entry, blobs)) for size, entry in body["renditions"]),
        )
    except _MALFORMED as error:
        raise ProtocolError("an answer that describes no picture") from error


def write_encoded(image: EncodedImage) -> Message:
    blobs = _BlobTable()
    return Message({"image": blobs.put(image)}, blobs.blobs)


def read_encoded(message: Message) -> EncodedImage:
    """Parse the answer to a render request. Raise `ProtocolError`."""
    try:
        return _read_image(message.body["image"], message.blobs)
    except _MALFORMED as error:
        raise ProtocolError("an answer that describes no image") from error


def write_refusal(refusal: ImageRefused) -> Message:
    cause = f"{refusal.__cause__!r} {refusal.__cause__}"[:300]
    return Message({"refused": refusal.slug, "sentence": to_data(refusal.sentence), "cause": cause})


def write_missing(error: ImportError) -> Message:
    """Say that a library can't be loaded, which is not the picture's fault."""
    return Message({"missing": error.name or "libvips", "cause": str(error)[:300]})


def read_missing(message: Message) -> str:
    """Return which library can't be loaded, "" if none."""
    return str(message.body.get("missing", ""))[:40]


def read_refusal(message: Message) -> ImageRefused | None:
    """Return the refusal that an answer holds, None if it holds a result. Raise `ProtocolError`."""
    if "refused" not in message.body:
        return None
    try:
        sentence = from_data(message.body["sentence"])
        return ImageRefused(sentence if len(sentence) <= 500 else sentence[:500], REFUSALS[message.body["refused"]])
    except _MALFORMED as error:
        raise ProtocolError("a refusal without a known reason") from error


class _BlobTable:
    """The blobs of one message. An image that several renditions share is sent once."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self._places: dict[int, int] = {}

    def put(self, image: EncodedImage) -> list[object]:
        key = id(image.data)
        if key not in self._places:
            self._places[key] = len(self.blobs)
            self.blobs.append(image.data)
        return [self._places[key], image.format, image.width, image.height, image.animated]


def _read_hash(value: Any) -> int:
    difference_hash = int(value)
    if not -(1 << 63) <= difference_hash < 1 << 63:
        raise ValueError("more than 64 bits")
    return difference_hash


def _read_image(entry: list[Any], blobs: Sequence[bytes]) -> EncodedImage:
    place, fmt, width, height, animated = entry
    return EncodedImage(blobs[place], OutputFormat(fmt), int(width), int(height), bool(animated))
