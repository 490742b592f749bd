"""The eight EXIF orientations: how a stored picture becomes upright, and where a crop of it is stored.

The same eight are all the ways in which a person may turn and mirror a picture, so a turn is such a number, too.
"""

from __future__ import annotations

from PIL import Image

from profiles.images.formats import SourceFormat
from profiles.images.geometry import Box, Size, crop_square
from profiles.images.picture import UPRIGHT, Crop

#: EXIF orientation (tag 0x0112) → the transposition that makes the stored picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Quarter turns clockwise, and whether the picture is mirrored left to right afterwards → the orientation of that.
_TURNS = {
    (0, False): UPRIGHT,
    (1, False): 6,
    (2, False): 3,
    (3, False): 8,
    (0, True): 2,
    (1, True): 5,
    (2, True): 4,
    (3, True): 7,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
_MIRRORED_ALONG_X = frozenset({2, 3, 7, 8})
_MIRRORED_ALONG_Y = frozenset({3, 4, 6, 7})


def make_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return the stored picture as it is meant to be seen."""
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def upright_size(size: Size, orientation: int) -> Size:
    """Return the size that a stored picture of `size` has when it is upright."""
    return (size[1], size[0]) if orientation in _SIDEWAYS else size


def stored_box(crop: Crop | None, size: Size, orientation: int) -> Box:
    """Return the box of `crop`, which is given on the upright picture, in the stored picture of `size`."""
    if crop is None:
        return 0, 0, *size
    left, top, right, bottom = crop_square(crop, upright_size(size, orientation))
    if orientation in _SIDEWAYS:
        left, top, right, bottom = top, left, bottom, right
    if orientation in _MIRRORED_ALONG_X:
        left, right = size[0] - right, size[0] - left
    if orientation in _MIRRORED_ALONG_Y:
        top, bottom = size[1] - bottom, size[1] - top
    return left, top, right, bottom


def turn_of(quarters: int, *, is_mirrored: bool) -> int:
    """Return the turn of `quarters` (0 to 3) clockwise, mirrored left to right afterwards if `is_mirrored`."""
    return _TURNS[quarters, is_mirrored]


def crop_before_turn(crop: Crop | None, turn: int) -> Crop | None:
    """Return the crop, given on the turned picture, as it lies in the picture before the turn."""
    if crop is None:
        return None
    x, y = (crop.y, crop.x) if turn in _SIDEWAYS else (crop.x, crop.y)
    return Crop(1 - x if turn in _MIRRORED_ALONG_X else x, 1 - y if turn in _MIRRORED_ALONG_Y else y, crop.size)


_ORIENTATION_TAG = 0x0112


def read_orientation(image: Image.Image, source_format: SourceFormat) -> int:
    """Return the EXIF orientation, 1 where it is absent or invalid: a bad tag must not cost the picture.

    Browsers do not read it in WebP, so a person chose what is shown without it.
    """
    if source_format is SourceFormat.WEBP:
        return 1
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - hostile EXIF makes Pillow raise nearly anything
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
