"""Colours of stand-ins.

Grounds run between two neighbouring hues, each darkened until white initials can be read on it: contrast at least 3:1,
WCAG 2.2's rule for large letters (1.4.3).
"""

import colorsys
from math import floor

from PIL import Image, ImageChops

Colour = tuple[int, int, int]

_LEAST_CONTRAST = 3.0


def colour_of(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def colour_under_white(hue: float, lightness: float, saturation: float) -> Colour:
    colour = colour_of(hue, lightness, saturation)
    while contrast_with_white(colour) < _LEAST_CONTRAST:
        lightness -= 0.02
        colour = colour_of(hue, lightness, saturation)
    return colour


def contrast_with_white(colour: Colour) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    linear = [_linear(channel / 255) for channel in colour]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def gradient(size: int, start: Colour, end: Colour) -> Image.Image:
    """From the upper left to the lower right corner."""
    across = Image.linear_gradient("L").resize((size, size), Image.Resampling.BICUBIC)
    mask = ImageChops.add(across.transpose(Image.Transpose.ROTATE_90), across, scale=2)
    return Image.composite(Image.new("RGB", (size, size), end), Image.new("RGB", (size, size), start), mask)


def hsl_to_rgb(hue: float, saturation: float, lightness: float) -> Colour:
    """All from 0 to 1; halves are rounded up, as JavaScript does."""
    red, green, blue = (floor(channel * 255 + 0.5) for channel in colorsys.hls_to_rgb(hue, lightness, saturation))
    return red, green, blue
