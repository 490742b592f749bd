"""Synthetic photographs: smooth shapes, detail of several scales, and sensor noise. The same in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

# Columns of a layer of detail, and its weight. The last layer is noise of single pixels.
_LAYERS = ((6, 0.45), (40, 0.25), (250, 0.18), (1200, 0.08), (0, 0.04))


@dataclass(frozen=True)
class Subject:
    """A file to decode."""

    title: str
    path: Path
    kind: str


def make_subjects(folder: Path) -> list[Subject]:
    return [
        _save("a JPEG of 12 megapixels", _photograph(4000, 3000), folder / "large.jpg", quality=92),
        _save("a PNG of 1 megapixel", _photograph(1152, 864), folder / "small.png"),
        _save("a WebP of 1 megapixel", _photograph(1152, 864), folder / "small.webp", quality=88, method=4),
    ]


def make_square(side: int) -> bytes:
    """Return a WebP like one of our renditions."""
    buffer = BytesIO()
    _photograph(side, side).save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


def _save(title: str, image: Image.Image, path: Path, **how: Any) -> Subject:
    image.save(path, **how)
    return Subject(title, path, path.suffix.removeprefix("."))


def _photograph(width: int, height: int) -> Image.Image:
    numbers = random.Random(1201)
    return Image.merge("RGB", [_channel(width, height, numbers) for _ in range(3)])


def _channel(width: int, height: int, numbers: random.Random) -> Image.Image:
    channel = Image.new("L", (width, height))
    for columns, weight in _LAYERS:
        wide = min(columns or width, width)
        size = (wide, max(1, wide * height // width))
        layer = Image.frombytes("L", size, numbers.randbytes(size[0] * size[1]))
        fitted = layer.resize((width, height), Image.Resampling.BICUBIC) if size != (width, height) else layer
        channel = ImageChops.add(channel, fitted.point([round(value * weight) for value in range(256)]))
    return channel
