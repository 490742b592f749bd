"""Sizes and boxes. A box is (left, top, right, bottom) in pixels."""

from __future__ import annotations

from profiles.images.limits import MASTER_LENGTH, MASTER_SIDE
from profiles.images.picture import Crop

Size = tuple[int, int]
Box = tuple[int, int, int, int]


def fit_within(size: Size, side: int) -> Size:
    """Return `size` scaled down (never up) so that its longer side is at most `side`."""
    longest = max(size)
    if longest <= side:
        return size
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


def fit_master(size: Size) -> Size:
    """Return `size` scaled down (never up): its shorter side to MASTER_SIDE, its longer to MASTER_LENGTH at most."""
    shorter, longer = sorted(size)
    return fit_within(size, min(MASTER_LENGTH, max(1, round(longer * min(1.0, MASTER_SIDE / shorter)))))


def box_size(box: Box) -> Size:
    """Return width and height of a box."""
    return box[2] - box[0], box[3] - box[1]


def center_square(size: Size) -> Box:
    """Return the largest square in the middle of a picture."""
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side


def crop_square(crop: Crop, size: Size) -> Box:
    """Return the square that `crop` means in an upright picture of `size`: inside it, at least one pixel."""
    side = max(1, round(crop.size * min(size)))
    left, top = (
        min(max(round(middle * length - side / 2), 0), length - side)
        for middle, length in zip((crop.x, crop.y), size, strict=True)
    )
    return left, top, left + side, top + side


def scale_box(box: Box, old: Size, new: Size) -> Box:
    """Return `box` of a picture of size `old` in the same picture decoded at size `new`."""
    across, down = (box[0] / old[0], box[2] / old[0]), (box[1] / old[1], box[3] / old[1])
    (left, right), (top, bottom) = _to_pixels(across, new[0]), _to_pixels(down, new[1])
    return left, top, right, bottom


def _to_pixels(span: tuple[float, float], length: int) -> tuple[int, int]:
    start = min(max(round(span[0] * length), 0), length - 1)
    return start, min(max(round(span[1] * length), start + 1), length)
