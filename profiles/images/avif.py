"""Decode the still picture of an AVIF through the decoder object of Pillow, in half of the memory of its plugin.

The plugin holds the pixels three times: the decoder's, the bytes it returns, and the picture made of them. Here the
decoder's are gone, and the bytes become a small picture strip by strip.
"""

from __future__ import annotations

from typing import Protocol

from PIL import Image, _avif

from profiles.images import errors
from profiles.images.decoded import Decoded
from profiles.images.errors import ImageRefused
from profiles.images.formats.headers import Header
from profiles.images.geometry import Box, Size, box_size, fit_master
from profiles.images.orientation import stored_box
from profiles.images.picture import Crop
from profiles.images.strips import reduce_in_strips
from profiles.sentences import gettext as _


class _Decoder(Protocol):
    """Pillow's untyped decoder object."""

    def get_info(self) -> tuple[Size, int, str, bytes | None, bytes | None, int, bytes | None]: ...

    def get_frame(self, index: int, /) -> tuple[bytes, int, int, int]: ...


def decode_avif(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    """Decode the first frame. Raise `ImageRefused` if it is larger than the header says."""
    decoder: _Decoder = _avif.AvifDecoder(content, "auto", 1)
    # The orientation is the one of the file's rotation and mirroring boxes; browsers ignore EXIF's.
    size, _frames, mode, icc_profile, _exif, orientation, _xmp = decoder.get_info()
    if size[0] > header.width or size[1] > header.height:
        raise ImageRefused(_("This AVIF file contradicts itself about its size."), errors.DAMAGED)
    box = stored_box(crop, size, orientation)
    pixels = memoryview(decoder.get_frame(0)[0])
    del decoder  # with its own copy of the pixels
    row = size[0] * len(mode)

    def read(part: Box) -> Image.Image:
        strip = pixels[part[1] * row : part[3] * row]
        return Image.frombytes(mode, (size[0], part[3] - part[1]), strip).crop((part[0], 0, part[2], part[3] - part[1]))

    image = reduce_in_strips(read, box, fit_master(box_size(box)), mode)
    return Decoded(image, (0, 0, *image.size), box_size(box), orientation, icc_profile)
