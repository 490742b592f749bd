"""Draw the demo tokens' pictures from a seed. The same seed gives the same bytes, hence the same CID."""

from __future__ import annotations

import colorsys
import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

SIZE = 640
OVERSAMPLING = 2
"""Pictures are drawn this much larger, then scaled down, for smooth edges."""


@dataclass(frozen=True)
class Palette:
    """Hues from 0 to 1."""

    sky: float
    land: float

    def color(self, hue: float, saturation: float, value: float) -> tuple[int, int, int]:
        red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
        return round(red * 255), round(green * 255), round(blue * 255)


def draw_creature(seed: str) -> bytes:
    """Return a PNG of a round creature with one to three eyes."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    palette = Palette(sky=chance.random(), land=chance.random())
    image = _glow(palette)
    pen, side = ImageDraw.Draw(image), SIZE * OVERSAMPLING
    body, dark = palette.color(palette.land, 0.55, 0.92), palette.color(palette.land + 0.04, 0.7, 0.42)
    _horns(pen, chance, dark)
    pen.polygon(_blob(chance, 0.5 * side, 0.6 * side, 0.3 * side), fill=body)
    pen.ellipse(_box(0.5, 0.74, 0.135), fill=palette.color(palette.land, 0.32, 0.99))
    for eye in _eye_places(chance.choice([1, 2, 2, 3])):
        pen.ellipse(_box(*eye), fill=(252, 252, 250))
        pen.ellipse(_box(eye[0] + 0.008, eye[1] + 0.012, eye[2] * 0.55), fill=(24, 22, 38))
        pen.ellipse(_box(eye[0] - 0.014, eye[1] - 0.016, eye[2] * 0.18), fill=(255, 255, 255))
    smile = [round(value * side) for value in (0.43, 0.6, 0.57, 0.7)]
    pen.arc(smile, 20, 160, fill=dark, width=round(0.014 * side))
    return _png(image)


def draw_hills(seed: str) -> bytes:
    """Return a PNG of rows of hills under a low sun."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    palette = Palette(sky=chance.random(), land=chance.random())
    image = _glow(palette)
    pen, side = ImageDraw.Draw(image), SIZE * OVERSAMPLING
    pen.ellipse(_box(chance.uniform(0.3, 0.7), 0.4, 0.12), fill=palette.color(palette.sky + 0.08, 0.18, 1.0))
    for layer in range(6):
        depth = layer / 5
        top, waves = 0.46 + 0.09 * layer, [(chance.uniform(1, 4), chance.uniform(0, 6.3)) for _ in range(3)]
        line = [
            (x, side * (top + sum(math.sin(x / side * f * 3 + p) / (i + 2) for i, (f, p) in enumerate(waves)) * 0.06))
            for x in range(0, side + 8, 8)
        ]
        color = palette.color(palette.land + depth * 0.07, 0.25 + 0.5 * depth, 0.85 - 0.6 * depth)
        pen.polygon([(0, side), *line, (side, side)], fill=color)
    return _png(image)


def _glow(palette: Palette) -> Image.Image:
    """Return a sky that gets lighter toward the ground."""
    column = Image.new("RGB", (1, SIZE))
    for y in range(SIZE):
        height = y / SIZE
        column.putpixel((0, y), palette.color(palette.sky + 0.09 * height, 0.62 - 0.42 * height, 0.72 + 0.26 * height))
    return column.resize((SIZE * OVERSAMPLING, SIZE * OVERSAMPLING), Image.Resampling.BICUBIC)


def _blob(chance: random.Random, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    waves = [(n, chance.uniform(0, 6.3), 0.05 / n) for n in (2, 3, 5)]
    turns = [2 * math.pi * step / 180 for step in range(180)]
    sizes = [radius * (1 + sum(a * math.sin(n * turn + p) for n, p, a in waves)) for turn in turns]
    return [(x + r * math.cos(t), y + 1.08 * r * math.sin(t)) for t, r in zip(turns, sizes, strict=True)]


def _horns(pen: ImageDraw.ImageDraw, chance: random.Random, color: tuple[int, int, int]) -> None:
    height, lean = chance.uniform(0.16, 0.27), chance.uniform(-0.02, 0.1)
    for side in (-1, 1):
        foot, tip = 0.5 + side * 0.13, 0.5 + side * (0.13 + lean)
        corners = [(foot - 0.05, 0.4), (foot + 0.05, 0.4), (tip, 0.4 - height)]
        pen.polygon([(x * SIZE * OVERSAMPLING, y * SIZE * OVERSAMPLING) for x, y in corners], fill=color)
        pen.ellipse(_box(tip, 0.4 - height, 0.028), fill=color)


def _eye_places(count: int) -> list[tuple[float, float, float]]:
    """Return (x, y, radius) of each eye, as fractions of the side."""
    if count == 1:
        return [(0.5, 0.51, 0.1)]
    gap = 0.22 if count == 2 else 0.17
    return [(0.5 + gap * (n - (count - 1) / 2), 0.5, 0.07 if count == 2 else 0.056) for n in range(count)]


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    side = SIZE * OVERSAMPLING
    return (x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side


def _png(image: Image.Image) -> bytes:
    small = image.filter(ImageFilter.GaussianBlur(0.6)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, "PNG")
    return content.getvalue()
