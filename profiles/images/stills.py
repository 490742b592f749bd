"""Decode one frame of a picture, no larger than needed, into upright sRGB pixels.

The decoders were chosen by measured peak memory and processor time at 12 to 25 megapixels: JPEG through Pillow, whose
`draft` decodes at 1/2, 1/4, 1/8 of the size; PNG and WebP through libvips, which shrinks row by row while reading;
GIF and AVIF through Pillow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Literal, Protocol, overload

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from profiles.images import errors
from profiles.images.color import ToSrgb
from profiles.images.errors import ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header
from profiles.images.geometry import Box, Size, box_size, fit_within, scale_box
from profiles.images.limits import MASTER_SIDE
from profiles.images.orientation import make_upright, read_orientation, stored_box, upright_size
from profiles.images.picture import Crop

#: A JPEG that a fraction of its size brings this close under MASTER_SIDE is not resized further: 4000 by 3000 becomes
#: 1000 by 750 inside the decoder, in a third of the time of decoding and then resizing.
_NEARLY_MASTER_SIDE = 960
_STRIP_ROWS = 256
_CONVERTED_BEFORE_SHRINKING = frozenset({"P", "PA", "1"})

#: libvips' name for its SVG reader; `svg` allows it for the duration of one drawing.
SVG_LOADER = "VipsForeignLoadSvg"


@dataclass(frozen=True)
class Still:
    """Upright sRGB pixels, at most MASTER_SIDE long, and the upright size they had in the file."""

    image: Image.Image
    original_size: Size


def decode_still(content: bytes, header: Header, crop: Crop | None) -> Still:
    """Decode a picture that is not animated, or the first frame of one that is."""
    if header.format in (SourceFormat.PNG, SourceFormat.WEBP):
        return _decode_with_vips(content, header, crop)
    return _decode_with_pillow(content, header, crop)


def _decode_with_pillow(content: bytes, header: Header, crop: Crop | None) -> Still:
    with _open(header.format, content) as image:
        # A decoder must not allocate more than the checked header claimed.
        if image.width > header.width or image.height > header.height:
            raise ImageRefused(f"This {header.format.label} file contradicts itself about its size.", errors.DAMAGED)
        orientation = read_orientation(image)
        full_size, icc_profile = image.size, image.info.get("icc_profile")
        box = stored_box(crop, full_size, orientation)
        _draft(image, box)
        image.load()
        reduced = shrink_to(image, scale_box(box, full_size, image.size), MASTER_SIDE)
    upright = make_upright(ToSrgb(icc_profile)(reduced), orientation)
    return Still(upright, upright_size(box_size(box), orientation))


def _open(source_format: SourceFormat, content: bytes) -> ImageFile:
    # The plugins' own classes, not Image.open: no other plugin reads the bytes, and a phone's multi-picture JPEG (MPO)
    # is read as the JPEG it begins with.
    file = BytesIO(content)
    match source_format:
        case SourceFormat.JPEG:
            return JpegImageFile(file)
        case SourceFormat.GIF:
            return GifImageFile(file)
        case _:
            return AvifImageFile(file)


def _draft(image: Image.Image, box: Box) -> None:
    if not isinstance(image, JpegImageFile):
        return
    longest, full = max(box_size(box)), image.size
    wanted = min(_NEARLY_MASTER_SIDE, longest)
    # Pillow halves while *both* sides stay at or above the wanted ones, so these need the picture's own shape.
    image.draft(image.mode, (int(full[0] * wanted / longest), int(full[1] * wanted / longest)))


def shrink_to(
    image: Image.Image, box: Box, side: int, resample: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """Return the part `box` of `image` with its longer side at most `side`; palettes become colors."""
    target = fit_within(box_size(box), side)
    if image.mode in _CONVERTED_BEFORE_SHRINKING or "transparency" in image.info:
        image, box = _convert_in_strips(image, box, target)
    if box_size(box) == target:
        return image.crop(box)
    if image.mode.startswith("I;16"):
        return ToSrgb(None)(image.crop(box)).resize(target, resample)
    return image.resize(target, resample, box=box, reducing_gap=3.0)


def _convert_in_strips(image: Image.Image, box: Box, target: Size) -> tuple[Image.Image, Box]:
    """Convert a palette to RGBA strip by strip and reduce it, so that a 25 megapixel GIF is never in memory as RGBA."""
    size = box_size(box)
    factor = max(1, min(size[0] // max(target[0], 1), size[1] // max(target[1], 1)))
    rows = max(factor, _STRIP_ROWS // factor * factor)
    reduced = Image.new("RGBA", (-(-size[0] // factor), -(-size[1] // factor)))
    for top in range(box[1], box[3], rows):
        strip = image.crop((box[0], top, box[2], min(top + rows, box[3]))).convert("RGBA")
        reduced.paste(strip.reduce(factor) if factor > 1 else strip, (0, (top - box[1]) // factor))
    return reduced, (0, 0, *reduced.size)


class VipsImage(Protocol):
    """The attributes used of pyvips' Image, which has no types."""

    width: int
    height: int
    bands: int
    format: str
    interpretation: str

    @overload
    def get(self, name: Literal["orientation"], /) -> int: ...
    @overload
    def get(self, name: Literal["icc-profile-data"], /) -> bytes: ...
    def get_typeof(self, name: str, /) -> int: ...
    def crop(self, left: int, top: int, width: int, height: int, /) -> VipsImage: ...
    def thumbnail_image(self, width: int, /, *, height: int, size: str, no_rotate: bool) -> VipsImage: ...
    def colourspace(self, space: str, /) -> VipsImage: ...
    def cast(self, format: str, /) -> VipsImage: ...  # noqa: A002
    def write_to_memory(self) -> bytes: ...


def _decode_with_vips(content: bytes, header: Header, crop: Crop | None) -> Still:
    whole = _load_with_vips(content, header, 1.0)
    orientation = whole.get("orientation") if whole.get_typeof("orientation") else 1
    icc_profile = whole.get("icc-profile-data") if whole.get_typeof("icc-profile-data") else None
    box = stored_box(crop, (whole.width, whole.height), orientation)
    original = box_size(box)
    if crop is not None:
        whole = whole.crop(box[0], box[1], *original)
    elif header.format is SourceFormat.WEBP and max(original) > MASTER_SIDE:
        whole = _load_with_vips(content, header, MASTER_SIDE / max(original))
    # A WebP that fits is 8-bit sRGB already: thumbnail_image would only copy it, at a tenth of the cost of decoding.
    fits = header.format is SourceFormat.WEBP and max(whole.width, whole.height) <= MASTER_SIDE
    reduced = whole if fits else whole.thumbnail_image(MASTER_SIDE, height=MASTER_SIDE, size="down", no_rotate=True)
    upright = make_upright(ToSrgb(icc_profile)(pixels_of(reduced)), orientation)
    return Still(upright, upright_size(original, orientation))


def _load_with_vips(content: bytes, header: Header, scale: float) -> VipsImage:
    """Read the header; pixels follow row by row when the pipeline runs. WebP can shrink while decoding."""
    # thumbnail_buffer would do the same in one call, but ignores fail_on and would show half a picture.
    how = {"access": "sequential", "fail_on": "error"}
    if header.format is SourceFormat.WEBP:
        shrunk: VipsImage = load_vips().Image.webpload_buffer(content, scale=scale, **how)
        return shrunk
    whole: VipsImage = load_vips().Image.pngload_buffer(content, **how)
    return whole


def pixels_of(vips: VipsImage) -> Image.Image:
    """Run a libvips pipeline and return its result as an 8-bit Pillow picture (L, LA, RGB or RGBA)."""
    if vips.interpretation not in ("srgb", "b-w"):
        vips = vips.colourspace("b-w" if vips.interpretation == "grey16" else "srgb")
    if vips.format != "uchar":
        vips = vips.cast("uchar")
    mode = ("L", "LA", "RGB", "RGBA")[vips.bands - 1]
    return Image.frombytes(mode, (vips.width, vips.height), vips.write_to_memory())


@cache
def load_vips() -> ModuleType:
    """Return the pyvips module, set up for hostile bytes: no cache, and no loader that is not made for them.

    It is imported on first use: a process that sees only JPEGs stays 10 MiB smaller.
    """
    pyvips = import_module("pyvips")
    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips
