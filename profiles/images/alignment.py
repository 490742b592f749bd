"""Decide by pixels whether a picture is a disguised copy of another, where hashes say how they would lie together.

What is compared are shades and colors at 20 by 20 places, whatever the brightness and contrast. The fifth of the
picture that fits worst is left out: a sticker or a line of text covers no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product

from PIL import Image

from profiles.images.disguises import (
    MAX_DISTANCE,
    SAMPLE_VARIANTS,
    THUMBNAIL_SIDE,
    Look,
    Sample,
    Variant,
    apply_variant,
)
from profiles.images.likeness import WHOLE, Part
from profiles.images.orientation import make_upright

#: The least correlation (Pearson) of a copy with its original, of shades and of colors, where both fit best.
_OF_GRAY, _OF_COLORS = 0.97, 0.85
#: The same without colors: of a copy in shades of gray, or in other colors.
_OF_GRAY_ALONE = 0.99
#: Of the ways to lie together, so many are looked at, the closest first.
_MOST_PLACES = 6
#: How far a part may lie beside its place, in units of the whole square, and how much larger or smaller it may be.
_SHIFTS = (-0.05, -0.025, 0.0, 0.025, 0.05)
_GROWTHS = (-0.05, -0.025, 0.0, 0.025, 0.05)
#: Degrees between the angles at which samples are hashed.
_TILTS = (-2, -1, 0, 1, 2)
#: The part of a tilted picture that no corner of the ground reaches.
_UPRIGHT_PART: Part = (0.08, 0.08, 0.84)
#: Places along a side, along a tile's side, and tiles that are left out.
_SIDE, _TILE = 20, 4
_LEFT_OUT = 5
#: The least deviation of shades that shows anything.
_LEAST_DEVIATION = 4.0
_TILES = tuple(
    tuple((top + y) * _SIDE + left + x for y, x in product(range(_TILE), repeat=2))
    for top, left in product(range(0, _SIDE, _TILE), repeat=2)
)

Samples = list[float]


def is_disguise(look: Look, sample: Sample, limit: int = MAX_DISTANCE) -> bool:
    """Return whether the picture of `look` is that of `sample` in a disguise. About 10 ms where hashes are close."""
    found: list[tuple[int, Variant]] = []
    for variant, sample_hash in zip(SAMPLE_VARIANTS, sample.hashes, strict=True):
        found += look.compare(variant, sample_hash, limit)
    if not found:
        return False
    ours, theirs = _load(look.thumbnail), _load(sample.thumbnail)
    found.sort(key=lambda each: each[0])
    return any(_fits(ours, theirs, variant) for _, variant in found[:_MOST_PLACES])


def _load(thumbnail: bytes) -> Image.Image:
    return Image.frombytes("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE), thumbnail)


def _fits(ours: Image.Image, theirs: Image.Image, how: Variant) -> bool:
    if how.is_frame:
        return _fits_in(make_upright(theirs, how.turn), ours, how.part)
    turned = make_upright(ours, how.turn)
    if how.angle:
        return any(_fits_tilted(turned, theirs, how.angle + tilt) for tilt in _TILTS)
    if how.mask:
        return _agree(_samples(turned, _UPRIGHT_PART), _samples(apply_variant(theirs, how), _UPRIGHT_PART))
    return _fits_in(turned, theirs, how.part)


def _fits_tilted(turned: Image.Image, theirs: Image.Image, angle: int) -> bool:
    tilted = apply_variant(theirs, Variant(angle=angle))
    return _agree(_samples(turned, _UPRIGHT_PART), _samples(tilted, _UPRIGHT_PART)) or _fits_in(
        turned, tilted, _UPRIGHT_PART
    )


def _fits_in(small: Image.Image, large: Image.Image, part: Part) -> bool:
    """Return whether `small` is what `part` of `large` shows, or a place close to it."""
    whole = _samples(small, WHOLE)
    if part == WHOLE:
        return _agree(whole, _samples(large, WHOLE))
    best = max(_near(part), key=lambda near: _correlate(whole[0], _gray(large, near)))
    return _agree(whole, _samples(large, best))


def _near(part: Part) -> Iterator[Part]:
    left, top, side = part
    for grown in _GROWTHS:
        size = min(side + grown, 1.0)
        for right, down in product(_SHIFTS, _SHIFTS):
            yield min(max(left + right, 0.0), 1 - size), min(max(top + down, 0.0), 1 - size), size


def _samples(image: Image.Image, part: Part) -> tuple[Samples, list[Samples]]:
    """Return the shades, and each of the three colors."""
    pixels = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=_box(part))
    return _floats(pixels.convert("L")), [_floats(band) for band in pixels.split()]


def _gray(image: Image.Image, part: Part) -> Samples:
    return _floats(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=_box(part)).convert("L"))


def _floats(band: Image.Image) -> Samples:
    return [float(level) for level in band.tobytes()]


def _box(part: Part) -> tuple[float, float, float, float]:
    left, top, side = (THUMBNAIL_SIDE * one for one in part)
    return left, top, left + side, top + side


def _agree(one: tuple[Samples, list[Samples]], other: tuple[Samples, list[Samples]]) -> bool:
    kept = [place for tile in _choose_tiles(one[0], other[0]) for place in tile]
    gray = _correlate(_pick([one[0]], kept), _pick([other[0]], kept))
    if gray >= _OF_GRAY_ALONE:
        return True
    return gray >= _OF_GRAY and _correlate(_pick(one[1], kept), _pick(other[1], kept)) >= _OF_COLORS


def _choose_tiles(one: Samples, other: Samples) -> list[tuple[int, ...]]:
    """Return the tiles that fit best once brightness and contrast are evened out, without the _LEFT_OUT worst."""
    tiles = list(_TILES)
    for _ in range(3):
        kept = [place for tile in tiles for place in tile]
        gain, shift = _fit_line([one[place] for place in kept], [other[place] for place in kept])
        errors = sorted(
            (sum((other[place] - gain * one[place] - shift) ** 2 for place in tile), tile) for tile in _TILES
        )
        tiles = [tile for _, tile in errors[: len(_TILES) - _LEFT_OUT]]
    return tiles


def _fit_line(one: Samples, other: Samples) -> tuple[float, float]:
    """Return gain and shift by which `other` follows from `one` best."""
    mean, other_mean = sum(one) / len(one), sum(other) / len(other)
    spread = sum((each - mean) ** 2 for each in one)
    if not spread:
        return 0.0, other_mean
    gain = sum((x - mean) * (y - other_mean) for x, y in zip(one, other, strict=True)) / spread
    return gain, other_mean - gain * mean


def _pick(bands: Iterable[Samples], places: list[int]) -> Samples:
    return [band[place] for band in bands for place in places]


def _correlate(one: Samples, other: Samples) -> float:
    mean, other_mean = sum(one) / len(one), sum(other) / len(other)
    ours, theirs = [each - mean for each in one], [each - other_mean for each in other]
    norms = math.hypot(*ours), math.hypot(*theirs)
    if min(norms) < _LEAST_DEVIATION * math.sqrt(len(one)):
        return 0.0
    return sum(map(float.__mul__, ours, theirs)) / (norms[0] * norms[1])
