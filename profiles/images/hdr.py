"""Map HDR colors (ITU-R BT.2100: PQ and HLG) to sRGB as Chromium shows them on an ordinary screen.

Light up to about half of SDR white stays as it is. Brighter light is compressed by the brightest of its three channels,
which keeps its hue. The constants were fitted to what Chromium 156 draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from PIL import ImageFilter

from profiles.images.icc import BT709, Primaries, Vector, apply_matrix, matrix_between

PQ, HLG = 16, 18

_WHITE_NITS = 405.0
_KNEE, _PEAK, _BEND = 0.5, 2.46, 1.85
#: Entries along each side of the table. The codes are even to the eye, so few suffice.
_TABLE_SIDE = 25


@lru_cache(maxsize=4)
def build_hdr_table(primaries: Primaries, transfer: int) -> ImageFilter.Color3DLUT:
    """Return a filter from stored RGB of these primaries to sRGB. `transfer` is PQ or HLG."""
    to_light = _pq_light if transfer == PQ else _hlg_light
    matrix = matrix_between(primaries, BT709)

    def convert(red: float, green: float, blue: float) -> Vector:
        first, second, third = apply_matrix(matrix, _compress(to_light((red, green, blue))))
        return _encode(first), _encode(second), _encode(third)

    return ImageFilter.Color3DLUT.generate(_TABLE_SIDE, convert)


def _pq_light(stored: Vector) -> Vector:
    return _each(_pq, stored)


def _hlg_light(stored: Vector) -> Vector:
    """Return the light on a screen of 1,000 nits, whose gamma is 1.2."""
    scene = _each(_hlg, stored)
    luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2]
    return _each(lambda value: 1000 * luminance**0.2 * value / _WHITE_NITS, scene)


def _each(change: Callable[[float], float], vector: Vector) -> Vector:
    return change(vector[0]), change(vector[1]), change(vector[2])


def _pq(value: float) -> float:
    """SMPTE ST 2084, which counts up to 10,000 nits."""
    power = value ** (1 / 78.84375)
    base = max(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
    return float(10_000 * base ** (1 / 0.1593017578125)) / _WHITE_NITS


def _hlg(value: float) -> float:
    """ARIB STD-B67: light of the scene, from 0 to 1."""
    if value <= 0.5:
        return value * value / 3
    return (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _compress(light: Vector) -> Vector:
    brightest = max(light)
    if brightest <= _KNEE:
        return light
    above = min((brightest - _KNEE) / (_PEAK - _KNEE), 1.0)
    wanted = _KNEE + (1 - _KNEE) * above * (1 + _BEND) / (1 + _BEND * above)
    return _each(lambda value: value * wanted / brightest, light)


def _encode(light: float) -> float:
    light = max(0.0, min(1.0, light))
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4)) - 0.055
