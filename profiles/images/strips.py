"""Reduce a picture strip by strip, so that it is never in memory as a whole in its largest form."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

from profiles.images.geometry import Box, Size, box_size

_ROWS = 256


def reduce_in_strips(read: Callable[[Box], Image.Image], box: Box, target: Size, mode: str) -> Image.Image:
    """Return what `read` gives for `box`, in `mode`, reduced by a whole factor to no less than `target`."""
    size = box_size(box)
    factor = max(1, min(size[0] // max(target[0], 1), size[1] // max(target[1], 1)))
    rows = max(factor, _ROWS // factor * factor)
    reduced = Image.new(mode, (-(-size[0] // factor), -(-size[1] // factor)))
    for top in range(box[1], box[3], rows):
        strip = read((box[0], top, box[2], min(top + rows, box[3])))
        reduced.paste(strip.reduce(factor) if factor > 1 else strip, (0, (top - box[1]) // factor))
    return reduced
