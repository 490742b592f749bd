"""Draw the blocky icons that block explorers and wallets show for an address: 8 by 8 tiles, mirrored, in 3 colors.

Each tile equals that of the library `ethereum-blockies` for the same text (a published, deterministic algorithm:
xorshift numbers from the text, then three colors in HSL, then the tiles row by row).
"""

from collections.abc import Iterator
from math import floor

from PIL import Image

from profiles.images.fallback.drawings import Color, hsl_to_rgb

_SIDE = 8


class _Xorshift:
    """A random generator of four 32-bit words, as JavaScript's signed bit operators treat them."""

    def __init__(self, seed: str) -> None:
        words = [0, 0, 0, 0]
        for index, unit in enumerate(_utf16(seed)):
            old = words[index % 4]
            words[index % 4] = _signed(old << 5) - old + unit
        self._words = words

    def unit(self) -> float:
        """Return a number in [0, 1). The mixed sign bits cancel out, so 31 bits are left."""
        first, second, third, last = map(_signed, self._words)
        mixed = first ^ _signed(first << 11)
        new = _signed(last ^ (last >> 19) ^ mixed ^ (mixed >> 8))
        self._words = [second, third, last, new]
        return (new & 0xFFFFFFFF) / 2**31


def plan_blockies(seed: str) -> list[list[Color]]:
    """Return the color of each tile, row by row. An address must be in lower case."""
    random = _Xorshift(seed)
    ink, ground, spot = _color(random), _color(random), _color(random)
    palette = ground, ink, spot
    rows = []
    for _ in range(_SIDE):
        half = [palette[floor(random.unit() * 2.3)] for _ in range(_SIDE // 2)]
        rows.append(half + half[::-1])
    return rows


def draw_blockies(seed: str, size: int) -> Image.Image:
    """Draw the icon of a text."""
    image = Image.new("RGB", (_SIDE, _SIDE))
    image.putdata([color for row in plan_blockies(seed) for color in row])
    return image.resize((size, size), Image.Resampling.NEAREST)


def _color(random: _Xorshift) -> Color:
    hue = floor(random.unit() * 360)
    saturation = random.unit() * 60 + 40
    lightness = (random.unit() + random.unit() + random.unit() + random.unit()) * 25
    return hsl_to_rgb(hue / 360, saturation / 100, lightness / 100)


def _utf16(text: str) -> Iterator[int]:
    """Return the UTF-16 code units of a text, which are JavaScript's characters."""
    content = text.encode("utf-16-le", "surrogatepass")
    return (content[index] | content[index + 1] << 8 for index in range(0, len(content), 2))


def _signed(number: int) -> int:
    """Return the lowest 32 bits as a signed number."""
    return ((number + 2**31) & 0xFFFFFFFF) - 2**31
