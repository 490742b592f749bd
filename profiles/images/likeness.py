"""Compare pictures by a difference hash: which of two neighbors is brighter, at 8 by 8 places.

The hash survives scaling, re-encoding and small changes of color. Mirrored and cropped copies are found by the hashes
of the mirrored picture and of many of its parts. All of it is a hint for people and proves nothing. Hashes are signed
64-bit numbers, which a database column can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import product
from struct import pack, unpack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SIDE = 8
BITS = SIDE * SIDE
#: The places in the order of their bits: each quarter of a hash, by which similar ones are found (`profiles.blocks`),
#: has places from all over the picture, as many pictures have a flat part.
_ORDER = tuple(sorted(product(range(SIDE), repeat=2), key=lambda place: (sum(place) % 4, place)))
#: At most so many of 64 bits differ between two pictures that look alike.
MAX_DISTANCE = 7
#: The same for a part, whose edges are seldom exactly those of a crop. Other pictures differ in 11 bits and more.
MAX_PART_DISTANCE = 8
#: A picture with fewer bits set, or fewer not set, is plain: a single shade or slope.
_PLAIN = 8
_MASK = (1 << BITS) - 1
#: Side, in pixels, to which pictures are reduced before the costlier steps.
_REDUCED = 128
#: Side, in pixels, of the picture that is kept to compare closer.
THUMBNAIL_SIDE = 32
#: A part as (left, top, side), in units of the whole square.
Part = tuple[float, float, float]
WHOLE: Part = (0.0, 0.0, 1.0)
#: Parts from the middle, corners and edges.
PARTS: tuple[Part, ...] = tuple(
    (across * (1 - side), down * (1 - side), side)
    for side, places in ((0.93, (0.0, 0.5, 1.0)), (0.86, (0.0, 0.5, 1.0)), (0.8, (0.0, 0.5, 1.0)), (0.7, (0.5,)))
    for across in places
    for down in places
)


def difference_hash(image: Image.Image) -> int:
    """Return the hash of the square in the middle of an RGB or RGBA picture; what is transparent counts as white."""
    return hash_part(flatten(image).convert("L"), WHOLE)


@dataclass(frozen=True)
class Likeness:
    """Hashes of a picture, of its mirror image, and of the PARTS of both.

    `thumbnail` is the picture in three bytes a pixel.
    """

    whole: int
    mirrored: int
    parts: tuple[int, ...]
    mirrored_parts: tuple[int, ...]
    thumbnail: bytes

    def pack_parts(self) -> bytes:
        """Return the parts for `may_be_copy`, 8 bytes each."""
        return pack(f">{len(self.parts)}q", *self.parts)

    def may_be_copy(self, whole: int, parts: bytes) -> bool:
        """Return whether the hashes allow for a copy: the same picture, mirrored, cropped or with a margin.

        `profiles.images.copies` decides.
        """
        if look_alike(self.whole, whole) or look_alike(self.mirrored, whole):
            return True
        if is_plain(whole):
            return False
        whole &= _MASK
        for part in unpack_parts(parts):
            for ours in (self.whole & _MASK, self.mirrored & _MASK):
                if (part ^ ours).bit_count() <= MAX_PART_DISTANCE and not is_plain(part):
                    return not is_plain(ours)
        close = [part for part in self._all_parts if (part ^ whole).bit_count() <= MAX_PART_DISTANCE]
        return not all(map(is_plain, close))

    @cached_property
    def _all_parts(self) -> tuple[int, ...]:
        return tuple(part & _MASK for part in (*self.parts, *self.mirrored_parts))


def measure_likeness(master: bytes) -> Likeness:
    """Return the hashes of the still picture in a WebP that we made."""
    from PIL import ImageOps
    from PIL.WebPImagePlugin import WebPImageFile

    from profiles.images.render import load_still

    with WebPImageFile(BytesIO(master)) as image:
        colored = flatten(load_still(image))
    flat = colored.convert("L")
    mirrored = ImageOps.mirror(flat)
    whole, *parts = (hash_part(flat, part) for part in (WHOLE, *PARTS))
    other, *mirrored_parts = (hash_part(mirrored, part) for part in (WHOLE, *PARTS))
    thumbnail = colored.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=2.0).tobytes()
    return Likeness(whole, other, tuple(parts), tuple(mirrored_parts), thumbnail)


def unpack_parts(parts: bytes) -> tuple[int, ...]:
    return unpack(f">{len(parts) // 8}Q", parts)


def flatten(image: Image.Image) -> Image.Image:
    """Return the square in the middle of a picture, reduced, on white."""
    # Loaded here, as only decoders compute hashes; the models that compare them are in every process.
    from PIL import Image

    from profiles.images.geometry import center_square

    square = image.resize((_REDUCED, _REDUCED), box=center_square(image.size), reducing_gap=2.0).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", square.size, "white"), square).convert("RGB")


def hash_part(flat: Image.Image, part: tuple[float, float, float]) -> int:
    from PIL import Image

    left, top, side = (_REDUCED * one for one in part)
    box = (left, top, left + side, top + side)
    pixels = flat.resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS, box=box).tobytes()
    bits = 0
    for row, column in _ORDER:
        left = row * (SIDE + 1) + column
        bits = bits << 1 | (pixels[left] > pixels[left + 1])
    return bits - (1 << BITS) if bits >> (BITS - 1) else bits


def look_alike(one: int, other: int) -> bool:
    """Return whether two hashes are close. Plain pictures look like nothing: too few of their bits tell them apart."""
    is_close = ((one ^ other) & _MASK).bit_count() <= MAX_DISTANCE
    return is_close and not (is_plain(one) or is_plain(other))


def is_plain(difference_hash: int) -> bool:
    return not _PLAIN <= (difference_hash & _MASK).bit_count() <= BITS - _PLAIN
