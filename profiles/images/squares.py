"""Cut square renditions by repeated reduction: each size from the next larger one, not from the whole picture."""

from collections.abc import Iterable, Iterator

from PIL import Image

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.geometry import center_square
from profiles.images.limits import RENDITION_SIZES
from profiles.sentences import gettext as _


def check_sizes(sizes: Iterable[int]) -> tuple[int, ...]:
    """Return the sizes without repeats, largest first. Raise `ImageRefused` for a size not in RENDITION_SIZES."""
    unique = tuple(sorted(set(sizes), reverse=True))
    for size in unique:
        if size not in RENDITION_SIZES:
            allowed = ", ".join(map(str, RENDITION_SIZES))
            raise ImageRefused(
                _("Pictures are made at %(allowed)s pixels, not at %(size)s.", allowed=allowed, size=str(size)),
                errors.TOO_MANY_PIXELS,
            )
    return unique


def cut_squares(image: Image.Image, sizes: tuple[int, ...]) -> Iterator[tuple[int, Image.Image]]:
    """Yield each of `sizes` (largest first) with the square that serves it, cut from the middle.

    A picture whose shorter side is smaller than a size is not enlarged: that size gets the largest possible square,
    as one shared object.
    """
    square = None
    for size in sizes:
        square = _first_square(image, size) if square is None else _shrink(square, size)
        yield size, square


def _first_square(image: Image.Image, size: int) -> Image.Image:
    box = center_square(image.size)
    side = box[2] - box[0]
    if side <= size:
        return image if image.size == (side, side) else image.crop(box)
    return image.resize((size, size), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)


def _shrink(square: Image.Image, size: int) -> Image.Image:
    if square.width <= size:
        return square
    if square.width == 2 * size:
        return square.reduce(2)
    return square.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
