"""The blocky icons that block explorers and wallets draw for an address: eight by eight tiles, mirrored, in three
colours. Tile for tile what the library ``ethereum-blockies`` draws for the same text (a published, deterministic
algorithm: xorshift numbers from the text, then three colours in HSL, then the tiles row by row)."""

from collections.abc import Iterator
from math import floor

from PIL import Image

from .drawings import Colour, hsl_to_rgb

_SIDE = 8


class _Xorshift:
    """Four words of 32 bits, as JavaScript's signed bit operators see them."""

    def __init__(self, seed: str) -> None:
        words = [0, 0, 0, 0]
        for index, unit in enumerate(_utf16(seed)):
            old = words[index % 4]
            words[index % 4] = _signed(old << 5) - old + unit
        self._words = words

    def unit(self) -> float:
        """From 0 up to but not 1: the sign bits of what is mixed cancel out, so 31 bits are left."""
        first, second, third, last = map(_signed, self._words)
        mixed = first ^ _signed(first << 11)
        new = _signed(last ^ (last >> 19) ^ mixed ^ (mixed >> 8))
        self._words = [second, third, last, new]
        return (new & 0xFFFFFFFF) / 2**31


def plan_blockies(seed: str) -> list[list[Colour]]:
    """The colour of each tile, row by row. Addresses are drawn in lower case."""
    random = _Xorshift(seed)
    ink, ground, spot = _colour(random), _colour(random), _colour(random)
    palette = ground, ink, spot
    rows = []
    for _ in range(_SIDE):
        half = [palette[floor(random.unit() * 2.3)] for _ in range(_SIDE // 2)]
        rows.append(half + half[::-1])
    return rows


def draw_blockies(seed: str, size: int) -> Image.Image:
    image = Image.new("RGB", (_SIDE, _SIDE))
    image.putdata([colour for row in plan_blockies(seed) for colour in row])
    return image.resize((size, size), Image.Resampling.NEAREST)


def _colour(random: _Xorshift) -> Colour:
    hue = floor(random.unit() * 360)
    saturation = random.unit() * 60 + 40
    lightness = (random.unit() + random.unit() + random.unit() + random.unit()) * 25
    return hsl_to_rgb(hue / 360, saturation / 100, lightness / 100)


def _utf16(text: str) -> Iterator[int]:
    """JavaScript's view of a text."""
    content = text.encode("utf-16-le", "surrogatepass")
    return (content[index] | content[index + 1] << 8 for index in range(0, len(content), 2))


def _signed(number: int) -> int:
    """The lowest 32 bits as a signed number."""
    return ((number + 2**31) & 0xFFFFFFFF) - 2**31
