"""Pictures: our path, parts of it, and naive use of Pillow."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from bench.serve import serve
from profiles.decoding import DecodeRequest, get_decoder
from profiles.images.encode import encode
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.formats.detect import read_header
from profiles.images.formats.headers import drop_png_extras
from profiles.images.limits import FIRST_SIZES, RENDITION_SIZES, ImageLimits
from profiles.images.normalize import normalize
from profiles.images.squares import cut_squares
from profiles.images.stills import decode_still

FOUR = (512, 256, 128, 64)
_LIMITS = ImageLimits()


def answered(content: bytes) -> Callable[[], object]:
    """Process an upload as the site does before it answers: child process, master, the first sizes."""
    request = DecodeRequest(_LIMITS, FIRST_SIZES)
    return lambda: get_decoder().decode(content, request)


def whole(content: bytes) -> Callable[[], object]:
    """Make the master and every size in the child process, in one decode."""
    request = DecodeRequest(_LIMITS, RENDITION_SIZES)
    return lambda: get_decoder().decode(content, request)


def without_child(content: bytes) -> Callable[[], object]:
    request = DecodeRequest(_LIMITS, RENDITION_SIZES)
    return lambda: normalize(content, request)


def squares(content: bytes) -> Callable[[], object]:
    """Make four squares without master and child process, which is the work of the peers."""

    def work() -> None:
        header = read_header(content, _LIMITS)
        clean = drop_png_extras(content) if header.format is SourceFormat.PNG else content
        for _, square in cut_squares(decode_still(clean, header, None).image, FOUR):
            encode(square, OutputFormat.WEBP)

    return work


def naive(content: bytes) -> Callable[[], object]:
    def work() -> None:
        for size in FOUR:
            image = ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB")
            _save(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))

    return work


def floor(content: bytes) -> Callable[[], object]:
    """Do only what is indispensable: decode (a JPEG at a reduced scale) and encode squares that were made before."""
    ready = [ImageOps.fit(_scaled(content), (size, size)) for size in FOUR]

    def work() -> None:
        _scaled(content)
        for image in ready:
            _save(image)

    return work


def _scaled(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.draft("RGB", (512, 512))
    image.load()
    return image


def _save(image: Image.Image) -> None:
    image.save(BytesIO(), "WEBP", quality=82, method=4)


if __name__ == "__main__":
    works = {each.__name__: each for each in (answered, whole, without_child, squares, naive, floor)}
    serve(works[sys.argv[1]](Path(sys.argv[2]).read_bytes()))
