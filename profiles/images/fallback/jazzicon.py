"""Draw the icons MetaMask shows for an address: three rotated squares on a ground, in ten colors of shifted hue.

Each shape equals that of the library `@metamask/jazzicon` for the same number: MT19937 numbers, seeded by the first
eight hex digits of the address.
"""

import colorsys
import hashlib
import random
import re
from dataclasses import dataclass
from math import cos, floor, radians, sin, tau

from PIL import Image, ImageDraw

from profiles.images.fallback.drawings import OVERSAMPLING, Color, hsl_to_rgb

_COLORS = ("01888C", "FC7500", "034F5D", "F73F01", "FC1960", "C7144C", "F3C100", "1598F2", "2465E1", "F19E02")
_WOBBLE = 30
_SHAPES = 3
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True)
class Shape:
    """A square as large as the icon, rotated by `degrees` (clockwise) about its middle and then moved.

    `right` and `down` are fractions of the icon's side.
    """

    right: float
    down: float
    degrees: float
    color: Color


@dataclass(frozen=True)
class Jazzicon:
    """The ground color, and the shapes in drawing order."""

    ground: Color
    shapes: tuple[Shape, ...]


def jazzicon_number(seed: str) -> int:
    """Return the number that seeds a drawing: the first 32 bits of an address, or of any other text's sha256."""
    digits = seed[2:] if _ADDRESS.fullmatch(seed) else hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()
    return int(digits[:8], 16)


def plan_jazzicon(number: int) -> Jazzicon:
    """Return colors and places of the icon of `number`, which has up to 32 bits."""
    dice = _Twister(number)
    degrees = dice.unit() * _WOBBLE - _WOBBLE / 2
    colors = [_shift_hue(bytes.fromhex(color), degrees) for color in _COLORS]
    ground = _take_color(colors, dice)
    return Jazzicon(ground, tuple(_shape(index, colors, dice) for index in range(_SHAPES)))


def draw_jazzicon(seed: str, size: int) -> Image.Image:
    """Draw the icon of an address, in lower case, or of any other text."""
    plan = plan_jazzicon(jazzicon_number(seed))
    large = size * OVERSAMPLING
    image = Image.new("RGB", (large, large), plan.ground)
    draw = ImageDraw.Draw(image)
    for shape in plan.shapes:
        draw.polygon(_corners(shape, large), fill=shape.color)
    return image.reduce(OVERSAMPLING)


class _Twister:
    """MT19937 seeded by one number with its authors' `init_genrand`; Python's own seeding differs."""

    def __init__(self, number: int) -> None:
        state = [number & 0xFFFFFFFF]
        for index in range(1, 624):
            last = state[-1]
            state.append((1812433253 * (last ^ last >> 30) + index) & 0xFFFFFFFF)
        self._random = random.Random()  # noqa: S311 - a drawing, no secret
        self._random.setstate((3, (*state, 624), None))

    def unit(self) -> float:
        return self._random.getrandbits(32) / 2**32


def _shape(index: int, colors: list[Color], dice: _Twister) -> Shape:
    turn = dice.unit()
    distance = (dice.unit() + index) / _SHAPES
    degrees = turn * 360 + dice.unit() * 180
    return Shape(cos(tau * turn) * distance, sin(tau * turn) * distance, degrees, _take_color(colors, dice))


def _take_color(colors: list[Color], dice: _Twister) -> Color:
    dice.unit()  # the original draws this number without using it
    return colors.pop(floor(len(colors) * dice.unit()))


def _shift_hue(color: bytes, degrees: float) -> Color:
    """Return the color with its hue shifted. HSL values are rounded in between, as the original does."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in color))
    whole = floor((floor(hue * 360 + 0.5) + degrees) % 360 + 0.5)
    return hsl_to_rgb(whole / 360, floor(saturation * 100 + 0.5) / 100, floor(lightness * 100 + 0.5) / 100)


def _corners(shape: Shape, side: int) -> list[tuple[float, float]]:
    middle = side / 2
    across, along = cos(radians(shape.degrees)) * middle, sin(radians(shape.degrees)) * middle
    x, y = middle + shape.right * side, middle + shape.down * side
    return [
        (x - across + along, y - along - across),
        (x + across + along, y + along - across),
        (x + across - along, y + along + across),
        (x - across - along, y - along + across),
    ]
