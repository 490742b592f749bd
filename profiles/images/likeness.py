"""Compare pictures by a difference hash: which of two neighbors is brighter, at 8 by 8 places.

The hash survives scaling, re-encoding and small changes of color, but not mirroring or cropping. It is a hint for
people and proves nothing. Hashes are signed 64-bit numbers, which a database column can hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SIDE = 8
BITS = SIDE * SIDE
#: At most so many of 64 bits differ between two pictures that look alike.
MAX_DISTANCE = 5
#: A picture with fewer bits set, or fewer not set, is plain: a single shade or slope.
_PLAIN = 8
_MASK = (1 << BITS) - 1
#: Side, in pixels, to which pictures are reduced before the costlier steps.
_REDUCED = 64


def difference_hash(image: Image.Image) -> int:
    """Return the hash of the square in the middle of an RGB or RGBA picture; what is transparent counts as white."""
    # Loaded here, as only decoders compute hashes; the models that compare them are in every process.
    from PIL import Image

    from profiles.images.geometry import center_square

    square = image.resize((_REDUCED, _REDUCED), box=center_square(image.size), reducing_gap=2.0).convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", square.size, "white"), square).convert("L")
    pixels = flat.resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(SIDE):
        for column in range(SIDE):
            left = row * (SIDE + 1) + column
            bits = bits << 1 | (pixels[left] > pixels[left + 1])
    return bits - (1 << BITS) if bits >> (BITS - 1) else bits


def look_alike(one: int, other: int) -> bool:
    """Return whether two hashes are close. Plain pictures look like nothing: too few of their bits tell them apart."""
    if _is_plain(one) or _is_plain(other):
        return False
    return ((one ^ other) & _MASK).bit_count() <= MAX_DISTANCE


def _is_plain(difference_hash: int) -> bool:
    return not _PLAIN <= (difference_hash & _MASK).bit_count() <= BITS - _PLAIN
