"""Decode HEIC, the format of phones.

libheif decodes whole pictures only, so the tiles of large ones are decoded one by one, as pictures of their own. One of
48 megapixels would take 350 MiB at once; tile by tile it takes a tenth of that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from profiles.images.decoded import Decoded
from profiles.images.formats.headers import Header
from profiles.images.formats.heif_grid import HeifGrid, read_grid
from profiles.images.geometry import Box, box_size, scale_box
from profiles.images.limits import MASTER_SIDE
from profiles.images.orientation import stored_box
from profiles.images.picture import Crop

#: Pixels of a picture that is decoded at once, in about 8 bytes each.
_AT_ONCE = 16_000_000


def decode_heic(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    """Decode the primary picture, its shorter side at least MASTER_SIDE where it has so many pixels."""
    grid = _find_grid(content) if header.pixels > _AT_ONCE else None
    if grid is not None:
        return _decode_grid(grid, crop)
    image, profile = _decode_primary(content)
    box = stored_box(crop, image.size, 1)
    return Decoded(image, box, box_size(box), icc_profile=profile)


def _find_grid(content: bytes) -> HeifGrid | None:
    try:
        return read_grid(content)
    except (struct.error, IndexError, KeyError):
        return None  # libheif may know more of the format than we do


def _decode_primary(content: bytes) -> tuple[Image.Image, bytes | None]:
    from pi_heif import HeifFile  # on first use: a process that sees no HEIC stays 5 MiB smaller

    picture = HeifFile(content, convert_hdr_to_8bit=True)
    shown = next(image for image in picture if image.info["primary"])
    profile: bytes | None = shown.info.get("icc_profile")
    return Image.frombytes(shown.mode, shown.size, shown.data, "raw", shown.mode, shown.stride), profile


def _decode_grid(grid: HeifGrid, crop: Crop | None) -> Decoded:
    size = (grid.width, grid.height)
    box = stored_box(crop, size, grid.orientation)
    first, profile = _decode_primary(grid.tile_as_picture(0))
    factor = _choose_factor(box, first.size)
    reduced_size = (-(-size[0] // factor), -(-size[1] // factor))
    part = scale_box(box, size, reduced_size)
    canvas = Image.new("RGB", box_size(part))
    for index, left, top in _tiles_in(grid, box, first.size):
        tile, _profile = _decode_primary(grid.tile_as_picture(index))
        canvas.paste(tile.convert("RGB").reduce(factor), (left // factor - part[0], top // factor - part[1]))
    return Decoded(canvas, (0, 0, *canvas.size), box_size(box), grid.orientation, profile)


def _choose_factor(box: Box, tile: tuple[int, int]) -> int:
    """Return by how much each tile is reduced: without a rest, and to no less than MASTER_SIDE for the shorter side."""
    fitting = (each for each in (8, 4, 2) if not (tile[0] % each or tile[1] % each))
    return next((each for each in fitting if min(box_size(box)) >= each * MASTER_SIDE), 1)


def _tiles_in(grid: HeifGrid, box: Box, tile: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield index, left and top of the tiles that `box` touches."""
    for index in range(len(grid.tiles)):
        left, top = index % grid.columns * tile[0], index // grid.columns * tile[1]
        if left < box[2] and box[0] < left + tile[0] and top < box[3] and box[1] < top + tile[1]:
            yield index, left, top
