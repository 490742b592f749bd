"""Find the colors of a file that describes them without an ICC profile: PNG's chunks, and codes of ITU-T H.273.

Order as in W3C PNG, 3rd edition, 4.3: cICP, iCCP, sRGB, gAMA with cHRM. What Chromium does with each was measured.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from PIL import ImageFilter

from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import read_png_chunks
from profiles.images.formats.heif import read_color_codes
from profiles.images.hdr import HLG, PQ, build_hdr_table
from profiles.images.icc import BT709, D65, Primaries, build_profile

_PRIMARIES = {
    1: BT709,
    4: Primaries((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: Primaries(D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: Primaries(D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    9: Primaries(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: Primaries((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: Primaries(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_SRGB_TRANSFER = 13
#: Transfer codes of cameras. Chromium shows them in AVIF as sRGB, but in PNG as a screen of BT.1886 (gamma 2.4).
_CAMERA_TRANSFERS = frozenset({1, 6, 14, 15})
_SRGB_GAMMA = 45455


#: An ICC profile, a table that gives sRGB, or None for sRGB.
Colors = bytes | ImageFilter.Color3DLUT | None


def find_colors(content: bytes, source: SourceFormat, embedded: bytes | None) -> Colors:
    """Return what the colors of a file are, `embedded` being its ICC profile."""
    if source is SourceFormat.PNG:
        return _find_png_colors(read_png_chunks(content, _PNG_COLORS), embedded)
    if embedded is None and source in (SourceFormat.AVIF, SourceFormat.HEIC) and (codes := read_color_codes(content)):
        primaries, transfer = codes
        return _colors_of_codes(primaries, _SRGB_TRANSFER if transfer in _CAMERA_TRANSFERS else transfer)
    return embedded


_PNG_COLORS = frozenset({b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"})


def _find_png_colors(chunks: dict[bytes, bytes], embedded: bytes | None) -> Colors:
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4 and cicp[2:] == b"\0\1" and cicp[0] in _PRIMARIES and cicp[1] in (*_TRANSFERS, PQ, HLG):
        return _colors_of_codes(cicp[0], cicp[1])
    if embedded is not None or b"iCCP" in chunks or b"sRGB" in chunks:
        return embedded
    if len(chunks.get(b"gAMA", b"")) != 4:
        return None
    (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
    return _profile_of_gamma(gamma, chunks.get(b"cHRM", b""))


def _profile_of_gamma(gamma: int, chromaticities: bytes) -> bytes | None:
    primaries = BT709
    if len(chromaticities) == 32:
        wx, wy, rx, ry, gx, gy, bx, by = (value / 100_000 for value in struct.unpack(">8I", chromaticities))
        primaries = Primaries((wx, wy), (rx, ry), (gx, gy), (bx, by))
    if gamma == 0 or (gamma == _SRGB_GAMMA and primaries == BT709):
        return None
    try:
        return build_profile(primaries, _gamma(100_000 / gamma))
    except (ArithmeticError, ValueError):
        return None


@lru_cache(maxsize=8)
def _colors_of_codes(primaries: int, transfer: int) -> Colors:
    if primaries in _PRIMARIES and transfer in (PQ, HLG):
        return build_hdr_table(_PRIMARIES[primaries], transfer)
    if primaries not in _PRIMARIES or transfer not in _TRANSFERS or (primaries, transfer) == (1, _SRGB_TRANSFER):
        return None
    return build_profile(_PRIMARIES[primaries], _TRANSFERS[transfer])


def _gamma(exponent: float) -> Callable[[float], float]:
    return lambda value: value**exponent


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


_TRANSFERS: dict[int, Callable[[float], float]] = {
    1: _gamma(2.4),
    4: _gamma(2.2),
    5: _gamma(2.8),
    6: _gamma(2.4),
    8: _gamma(1.0),
    _SRGB_TRANSFER: _srgb,
    14: _gamma(2.4),
    15: _gamma(2.4),
}
