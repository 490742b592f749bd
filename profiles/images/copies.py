"""Tell copies from pictures that are only drawn alike: compare small pictures where their hashes say that they match.

Collections share a base, so that hashes of 64 bits often come close. A copy also correlates with its original pixel by
pixel, whatever its brightness and contrast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from PIL import Image, ImageOps

from profiles.images.likeness import PARTS, THUMBNAIL_SIDE, WHOLE, Likeness, Part, unpack_parts

#: The least correlation (Pearson) of a copy with its original: of the shades of gray alone, or of these and of colors.
_OF_GRAY_ALONE, _OF_GRAY, _OF_COLORS = 0.985, 0.92, 0.85
#: Of the places where the hashes match, so many are looked at, the closest first.
_MOST_PLACES = 3
#: How far a part may lie beside its place, in units of the whole square, and how much larger or smaller it may be.
_SHIFTS = (-0.05, -0.025, 0.0, 0.025, 0.05)
_GROWTHS = (-0.05, 0.0, 0.05)
#: Side, in pixels, at which pictures are compared, and the least deviation of one that shows anything.
_SIDE, _LEAST_DEVIATION = 20, 1.0

Samples = tuple[list[float], float]


@dataclass(frozen=True, order=True)
class _Place:
    """Where hashes match: `part` of theirs is our whole picture, or `part` of ours is theirs."""

    distance: int
    is_theirs: bool
    is_mirrored: bool
    part: Part


def is_copy(ours: Likeness, whole: int, parts: bytes, thumbnail: bytes) -> bool:
    """Return whether our picture copies the one with these hashes and this thumbnail, or the other way round.

    Without a thumbnail the hashes alone decide.
    """
    if not thumbnail:
        return ours.may_be_copy(whole, parts)
    mine, theirs = _load(ours.thumbnail), _load(thumbnail)
    for place in sorted(_places(ours, whole, unpack_parts(parts)))[:_MOST_PLACES]:
        seen = ImageOps.mirror(mine) if place.is_mirrored else mine
        small, large = (seen, theirs) if place.is_theirs else (theirs, seen)
        if _fits(small, large, place.part):
            return True
    return False


def _places(ours: Likeness, whole: int, parts: tuple[int, ...]) -> Iterator[_Place]:
    for is_mirrored, hash_, own_parts in (
        (False, ours.whole, ours.parts),
        (True, ours.mirrored, ours.mirrored_parts),
    ):
        yield _Place(_distance(hash_, whole), True, is_mirrored, WHOLE)
        for part, theirs, own in zip(PARTS, parts, own_parts, strict=True):
            yield _Place(_distance(hash_, theirs), True, is_mirrored, part)
            yield _Place(_distance(own, whole), False, is_mirrored, part)


def _distance(one: int, other: int) -> int:
    return ((one ^ other) & ((1 << 64) - 1)).bit_count()


def _load(thumbnail: bytes) -> Image.Image:
    return Image.frombytes("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE), thumbnail)


def _fits(small: Image.Image, large: Image.Image, part: Part) -> bool:
    """Return whether `small` is what `part` of `large` shows, or a place close to it."""
    gray, gray_large = small.convert("L"), large.convert("L")
    whole = _samples(gray, WHOLE)
    found = [(_correlate(whole, _samples(gray_large, near)), near) for near in _near(part)]
    correlation, place = max(found)
    if correlation >= _OF_GRAY_ALONE:
        return True
    return correlation >= _OF_GRAY and _correlate(_samples(small, WHOLE), _samples(large, place)) >= _OF_COLORS


def _near(part: Part) -> Iterator[Part]:
    left, top, side = part
    if part == WHOLE:
        yield part
        return
    for grown in _GROWTHS:
        size = min(side + grown, 1.0)
        for right, down in product(_SHIFTS, _SHIFTS):
            yield min(max(left + right, 0.0), 1 - size), min(max(top + down, 0.0), 1 - size), size


def _samples(image: Image.Image, part: Part) -> Samples:
    """Return the differences from the mean, and their norm."""
    left, top, side = (THUMBNAIL_SIDE * one for one in part)
    box = (left, top, left + side, top + side)
    pixels = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=box).tobytes()
    mean = sum(pixels) / len(pixels)
    differences = [pixel - mean for pixel in pixels]
    return differences, math.hypot(*differences)


def _correlate(one: Samples, other: Samples) -> float:
    if min(one[1], other[1]) < _LEAST_DEVIATION * _SIDE:
        return 0.0
    return sum(map(float.__mul__, one[0], other[0])) / (one[1] * other[1])
