"""Turn a picture by a few degrees. profiles/js/crop-geometry.js computes the same in the browser.

The square that a person chose is upright in the picture as it was. Within it lies the largest square that is turned:
its side is that of the chosen square divided by `shrinking`, so that no corner reaches outside of the picture.
"""

from __future__ import annotations

from math import cos, radians, sin

from PIL import Image

from profiles.images.geometry import Size


def shrinking(angle: float) -> float:
    """Return by how much smaller the turned square is than the one around it: 1 at 0°, 1.22 at 15°."""
    return cos(radians(angle)) + sin(abs(radians(angle)))


def straightened_size(size: Size, angle: float) -> Size:
    """Return the size of what is left of a square of `size`."""
    width, height = (max(1, int(length / shrinking(angle))) for length in size)
    return width, height


def straighten(image: Image.Image, angle: float) -> Image.Image:
    """Return the middle of a square picture turned clockwise by `angle` degrees, without its empty corners."""
    if not angle:
        return image
    size = straightened_size(image.size, angle)
    along, across = cos(radians(angle)), sin(radians(angle))
    # From the middle of the result to that of the picture, turned back. Alpha must weigh the colors meanwhile.
    left = image.width / 2 - (along * size[0] + across * size[1]) / 2
    top = image.height / 2 - (along * size[1] - across * size[0]) / 2
    matrix = (along, across, left, -across, along, top)
    weighed = image.convert("RGBa") if image.mode == "RGBA" else image
    return weighed.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC).convert(image.mode)
