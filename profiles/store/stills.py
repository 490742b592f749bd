"""The still picture of an animation that we keep, for pages: nothing moves there until a person plays it."""

from __future__ import annotations

from io import BytesIO

from PIL.WebPImagePlugin import WebPImageFile

from profiles.images.encode import encode
from profiles.images.formats import OutputFormat
from profiles.images.render import load_still


def make_still(content: bytes) -> bytes:
    """Return the still picture of a WebP that we made, as WebP. One that does not move is returned as it is."""
    with WebPImageFile(BytesIO(content)) as image:
        return encode(load_still(image), OutputFormat.WEBP).data if image.is_animated else content
