"""Sizes, boxes and the eight EXIF orientations. A box is (left, top, right, bottom) in pixels."""

from PIL import Image

from profiles.images.picture import Crop

Size = tuple[int, int]
Box = tuple[int, int, int, int]

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


def fit_within(size: Size, side: int) -> Size:
    """Return `size` scaled down (never up) so that its longer side is at most `side`."""
    longest = max(size)
    if longest <= side:
        return size
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


def box_size(box: Box) -> Size:
    """Return width and height of a box."""
    return box[2] - box[0], box[3] - box[1]


def center_square(size: Size) -> Box:
    """Return the largest square in the middle of a picture."""
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side


def crop_square(crop: Crop, size: Size) -> Box:
    """Return the square that `crop` means in an upright picture of `size`: inside it, at least one pixel."""
    side = max(1, round(crop.size * min(size)))
    left, top = (
        min(max(round(middle * length - side / 2), 0), length - side)
        for middle, length in zip((crop.x, crop.y), size, strict=True)
    )
    return left, top, left + side, top + side


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


def scale_box(box: Box, old: Size, new: Size) -> Box:
    """Return `box` of a picture of size `old` in the same picture decoded at size `new`."""
    across, down = (box[0] / old[0], box[2] / old[0]), (box[1] / old[1], box[3] / old[1])
    (left, right), (top, bottom) = _to_pixels(across, new[0]), _to_pixels(down, new[1])
    return left, top, right, bottom


def _to_pixels(span: tuple[float, float], length: int) -> tuple[int, int]:
    start = min(max(round(span[0] * length), 0), length - 1)
    return start, min(max(round(span[1] * length), start + 1), length)
