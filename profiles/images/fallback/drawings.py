"""Draw our own fallback avatars from a seed text alone."""

from __future__ import annotations

import colorsys
import hashlib
from math import floor

from PIL import Image, ImageChops, ImageDraw

from profiles.images.fallback.initials import find_initials, font_of

Color = tuple[int, int, int]

#: Shapes are drawn this many times larger and reduced, which smooths their edges.
OVERSAMPLING = 4
_WHITE = (255, 255, 255)

#: Contrast of white initials on their ground: WCAG 2.2's minimum for large letters (1.4.3).
_MIN_CONTRAST = 3.0


def draw_initials(seed: str, size: int) -> Image.Image:
    """Draw the initials of a name on a gradient, or shapes where the font lacks its letters."""
    letters = find_initials(seed)
    if not letters:
        return draw_shapes(seed, size)
    image = _soft_ground(Dice(seed, "initials"), size)
    font = font_of(round(size * (0.5 if len(letters) == 1 else 0.42)))
    left, top, right, bottom = font.getbbox(letters)
    # Centered by the ink, not by the line, whose ascenders would push capitals down.
    place = (size - right - left) / 2, (size - bottom - top) / 2
    ImageDraw.Draw(image).text(place, letters, fill=_WHITE, font=font)
    return image


def draw_identicon(seed: str, size: int) -> Image.Image:
    """Draw a 5 by 5 grid of soft tiles in one color on a pale ground, mirrored along the middle."""
    dice = Dice(seed, "identicon")
    hue = dice.unit()
    ground, ink = (
        color_of(hue, 0.94, 0.45),
        gradient(size, color_of(hue, 0.55, 0.55), color_of(hue + 0.08, 0.40, 0.6)),
    )
    large = size * OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw, tile, margin = ImageDraw.Draw(mask), large / 6.4, large * 0.7 / 6.4
    for column in range(3):
        for row in range(5):
            if dice.unit() < 0.52:
                for mirrored in {column, 4 - column}:
                    left, top = margin + mirrored * tile, margin + row * tile
                    draw.rounded_rectangle((left, top, left + tile, top + tile), radius=tile * 0.18, fill=255)
    return Image.composite(ink, Image.new("RGB", (size, size), ground), mask.reduce(OVERSAMPLING))


def draw_retro(seed: str, size: int) -> Image.Image:
    """Draw 8 by 8 pixels in three colors, mirrored along the middle, as on early screens and block explorers."""
    dice = Dice(seed, "retro")
    hue = dice.unit()
    palette = (
        color_of(hue, 0.30, 0.5),
        color_of(hue + 0.35 + dice.unit() * 0.3, 0.58, 0.7),
        color_of(hue + 0.1, 0.8, 0.6),
    )
    image = Image.new("RGB", (8, 8))
    for row in range(8):
        for column in range(4):
            chosen = palette[(0, 0, 0, 1, 1, 1, 2)[dice.below(7)]]
            image.putpixel((column, row), chosen)
            image.putpixel((7 - column, row), chosen)
    return image.resize((size, size), Image.Resampling.NEAREST)


def draw_shapes(seed: str, size: int) -> Image.Image:
    """Draw three large discs over a gradient."""
    dice = Dice(seed, "shapes")
    image, hue = _soft_ground(dice, size), dice.unit()
    large = size * OVERSAMPLING
    for turn in range(3):
        mask = Image.new("L", (large, large), 0)
        radius = large * (0.28 + dice.unit() * 0.22)
        x, y = dice.unit() * large, dice.unit() * large
        ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=215)
        disc = gradient(size, color_of(hue + turn * 0.13, 0.62, 0.7), color_of(hue + turn * 0.13 + 0.06, 0.5, 0.65))
        image.paste(disc, mask=mask.reduce(OVERSAMPLING))
    return image


def draw_silhouette(_seed: str, size: int) -> Image.Image:
    """Draw head and shoulders in grays ("mystery person")."""
    large = size * OVERSAMPLING
    mask = Image.new("L", (large, large), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse((large * 0.32, large * 0.18, large * 0.68, large * 0.54), fill=255)
    draw.ellipse((large * 0.14, large * 0.62, large * 0.86, large * 1.5), fill=255)
    ground, person = (
        gradient(size, (226, 229, 236), (203, 208, 219)),
        gradient(size, (150, 157, 173), (122, 130, 148)),
    )
    return Image.composite(person, ground, mask.reduce(OVERSAMPLING))


def draw_blank(_seed: str, size: int) -> Image.Image:
    """Draw nothing: a transparent picture, for pages that show something of their own behind it."""
    return Image.new("RGBA", (size, size), (0, 0, 0, 0))


class Dice:
    """Evenly distributed numbers from a seed: successive bytes of SHA-256 in counter mode."""

    def __init__(self, seed: str, style: str) -> None:
        self._key = f"{style}\n{seed}".encode("utf-8", "surrogatepass")
        self._bytes = b""
        self._block = 0

    def below(self, limit: int) -> int:
        return int(self.unit() * limit)

    def unit(self) -> float:
        """Return a number in [0, 1), in steps of 2**-16."""
        if len(self._bytes) < 2:
            self._bytes += hashlib.sha256(self._key + self._block.to_bytes(4, "big")).digest()
            self._block += 1
        value, self._bytes = int.from_bytes(self._bytes[:2], "big"), self._bytes[2:]
        return value / 65536


def _soft_ground(dice: Dice, size: int) -> Image.Image:
    """Draw a gradient between two neighboring hues, both dark enough for white letters."""
    hue = dice.unit()
    return gradient(
        size, color_under_white(hue, 0.54, 0.50), color_under_white(hue + 0.09 + dice.unit() * 0.08, 0.38, 0.55)
    )


def gradient(size: int, start: Color, end: Color) -> Image.Image:
    """Draw a square gradient from the upper left to the lower right corner."""
    across = Image.linear_gradient("L").resize((size, size), Image.Resampling.BICUBIC)
    mask = ImageChops.add(across.transpose(Image.Transpose.ROTATE_90), across, scale=2)
    return Image.composite(Image.new("RGB", (size, size), end), Image.new("RGB", (size, size), start), mask)


def color_of(hue: float, lightness: float, saturation: float) -> Color:
    """Return the color of HLS values from 0 to 1; the hue wraps around."""
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def color_under_white(hue: float, lightness: float, saturation: float) -> Color:
    """Return a color like `color_of`, darkened until white letters can be read on it."""
    color = color_of(hue, lightness, saturation)
    while contrast_with_white(color) < _MIN_CONTRAST:
        lightness -= 0.02
        color = color_of(hue, lightness, saturation)
    return color


def contrast_with_white(color: Color) -> float:
    """Return the WCAG 2.2 contrast ratio, from 1 to 21."""
    linear = [_linear(channel / 255) for channel in color]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def hsl_to_rgb(hue: float, saturation: float, lightness: float) -> Color:
    """Return the color of HSL values from 0 to 1. Halves are rounded up, as in JavaScript."""
    red, green, blue = (floor(channel * 255 + 0.5) for channel in colorsys.hls_to_rgb(hue, lightness, saturation))
    return red, green, blue
