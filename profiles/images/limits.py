"""The cost that a picture may cause, in one value that every entry point shares."""

import math
from bisect import bisect_left
from dataclasses import dataclass

MIB = 1024 * 1024

#: Shorter side, in pixels, of the master kept of a still picture: its square is as large as any page asks for.
MASTER_SIDE = 1024

#: Longer side, in pixels, of such a master: a panorama of more than 3 to 1 has a smaller square.
MASTER_LENGTH = 3 * MASTER_SIDE

#: Longest side, in pixels, of an animated master; no page shows a moving avatar larger.
ANIMATION_SIDE = 512

#: Pixels in all frames of an animated master. An animation that would have more is made smaller, so that even one of
#: pure noise stays within the decoder's processor time.
_ANIMATION_PIXELS = 40_000_000

#: Sides, in pixels, of the square renditions we make; nothing else is ever rendered.
RENDITION_SIZES = (32, 64, 96, 128, 192, 256, 384, 512, 1024)

#: Those made before an upload is answered: what its next pages and `/avatar/<id>` without a size show, also on dense
#: screens. The others cost more than all the rest together, and are made later from the master.
FIRST_SIZES = (32, 64, 96, 128, 256)


@dataclass(frozen=True)
class ImageLimits:
    """Caps on files from strangers. All but `max_bytes` are checked in headers, before any pixel is decoded.

    `max_bytes` counts bytes of the file, sides are in pixels, `max_pixels` holds for one frame and `max_total_pixels`
    for width x height x frames of an animation. Of an animation with more than `max_frames` or `max_total_pixels` a
    still is kept. Phones take pictures of up to 50 megapixels, and panoramas 16,382 pixels wide.
    """

    max_bytes: int = 20 * MIB
    max_pixels: int = 50_000_000
    max_side: int = 16_384
    max_frames: int = 256
    max_total_pixels: int = 100_000_000


def pick_size(requested: int) -> int:
    """Return the size of RENDITION_SIZES that serves `requested` pixels: the next one up, or the largest."""
    return RENDITION_SIZES[min(bisect_left(RENDITION_SIZES, requested), len(RENDITION_SIZES) - 1)]


def square_sides(width: int, height: int) -> list[int]:
    """Return the sides of all squares of a picture, ascending. Squares are never enlarged beyond the shorter side."""
    return sorted({min(size, width, height) for size in RENDITION_SIZES})


def animation_side(frames: int) -> int:
    """Return the longest side, in pixels, of an animated master: 512 up to 152 frames, 395 at 256."""
    return min(ANIMATION_SIDE, math.isqrt(_ANIMATION_PIXELS // frames))
