"""The icons MetaMask draws for an address: three turned squares over a ground, in ten colours whose hue is shifted
together. Shape for shape what the library ``@metamask/jazzicon`` draws for the same number: MT19937 numbers, seeded by
the first eight hex digits of the address."""

import colorsys
import hashlib
import random
import re
from dataclasses import dataclass
from math import cos, floor, radians, sin, tau

from PIL import Image, ImageDraw

from .drawings import OVERSAMPLING, Colour, hsl_to_rgb

_COLOURS = ("01888C", "FC7500", "034F5D", "F73F01", "FC1960", "C7144C", "F3C100", "1598F2", "2465E1", "F19E02")
_WOBBLE = 30
_SHAPES = 3
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True)
class Shape:
    """A square as large as the icon, turned by ``degrees`` (clockwise) about its middle and then moved; ``right`` and
    ``down`` are fractions of the icon's side."""

    right: float
    down: float
    degrees: float
    colour: Colour


@dataclass(frozen=True)
class Jazzicon:
    ground: Colour
    shapes: tuple[Shape, ...]


def jazzicon_number(seed: str) -> int:
    """What wallets seed the drawing with: of an address its first 32 bits, of any other text those of its sha256."""
    digits = seed[2:] if _ADDRESS.fullmatch(seed) else hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()
    return int(digits[:8], 16)


def plan_jazzicon(number: int) -> Jazzicon:
    """``number`` has up to 32 bits."""
    dice = _Twister(number)
    colours = _shifted(dice.unit() * _WOBBLE - _WOBBLE / 2)
    ground = _take(colours, dice)
    return Jazzicon(ground, tuple(_shape(index, colours, dice) for index in range(_SHAPES)))


def draw_jazzicon(seed: str, size: int) -> Image.Image:
    plan = plan_jazzicon(jazzicon_number(seed))
    large = size * OVERSAMPLING
    image = Image.new("RGB", (large, large), plan.ground)
    draw = ImageDraw.Draw(image)
    for shape in plan.shapes:
        draw.polygon(_corners(shape, large), fill=shape.colour)
    return image.reduce(OVERSAMPLING)


class _Twister:
    """MT19937 seeded by one number (``init_genrand`` of its authors), which Python's own seeding is not."""

    def __init__(self, number: int) -> None:
        state = [number & 0xFFFFFFFF]
        for index in range(1, 624):
            last = state[-1]
            state.append((1812433253 * (last ^ last >> 30) + index) & 0xFFFFFFFF)
        self._random = random.Random()  # noqa: S311 - a drawing, no secret
        self._random.setstate((3, (*state, 624), None))

    def unit(self) -> float:
        return self._random.getrandbits(32) / 2**32


def _shape(index: int, colours: list[Colour], dice: _Twister) -> Shape:
    turn = dice.unit()
    distance = (dice.unit() + index) / _SHAPES
    degrees = turn * 360 + dice.unit() * 180
    return Shape(cos(tau * turn) * distance, sin(tau * turn) * distance, degrees, _take(colours, dice))


def _take(colours: list[Colour], dice: _Twister) -> Colour:
    dice.unit()  # drawn and not used by the original
    return colours.pop(floor(len(colours) * dice.unit()))


def _shifted(degrees: float) -> list[Colour]:
    """The palette with each hue turned. Hue, saturation and lightness are whole numbers in between, as there."""
    return [_turned(bytes.fromhex(colour), degrees) for colour in _COLOURS]


def _turned(colour: bytes, degrees: float) -> Colour:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
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
