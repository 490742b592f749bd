"""The value between the decoders of single formats and `stills`."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from profiles.images.geometry import Box, Size


@dataclass(frozen=True)
class Decoded:
    """A picture as it is stored, maybe reduced while it was decoded.

    `part` is what is wanted of `image`, in its own pixels; `full_part` is the size of that part in the file.
    `orientation` is still to be applied, and `icc_profile` too.
    """

    image: Image.Image
    part: Box
    full_part: Size
    orientation: int = 1
    icc_profile: bytes | None = None
