"""Decode one frame of a picture, no larger than needed, into upright sRGB pixels.

The decoders were chosen by measured peak memory and processor time at 12 to 48 megapixels: JPEG through Pillow, whose
`draft` decodes at 1/2, 1/4, 1/8 of the size; PNG and WebP through libvips, which shrinks row by row while reading;
GIF and BMP through Pillow; AVIF and HEIC in modules of their own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from types import ModuleType
from typing import Literal, Protocol, overload

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from profiles.images import errors
from profiles.images.avif import decode_avif
from profiles.images.bmps import load_bmp
from profiles.images.color import ToSrgb
from profiles.images.color_tags import Colors, find_colors
from profiles.images.decoded import Decoded
from profiles.images.errors import ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.formats.headers import Header
from profiles.images.geometry import Box, Size, box_size, fit_master, scale_box
from profiles.images.gifs import load_first
from profiles.images.heic import decode_heic
from profiles.images.limits import MIB
from profiles.images.orientation import make_upright, read_orientation, stored_box, upright_size
from profiles.images.picture import Crop
from profiles.images.strips import reduce_in_strips
from profiles.sentences import gettext as _

#: A JPEG that a fraction of its size brings this close under MASTER_SIDE is not resized further: 8000 by 4000 becomes
#: 2000 by 1000 inside the decoder, in a third of the time of decoding and then resizing.
_NEARLY_MASTER_SIDE = 960
_END_OF_JPEG = b"\xff\xd9"
#: A progressive JPEG is decoded only once all of it was read, into up to 6 bytes a pixel.
_COEFFICIENT_BYTES, _MUCH_MEMORY = 6, 150 * MIB
#: Pixels of a JPEG decoded at once, in 4 bytes each. A small part of a huge one is decoded less sharp.
_MOST_DECODED = 24_000_000
_CONVERTED_BEFORE_SHRINKING = frozenset({"P", "PA", "1"})

#: libvips' name for its SVG reader; `svg` allows it for the duration of one drawing.
SVG_LOADER = "VipsForeignLoadSvg"


@dataclass(frozen=True)
class Still:
    """Upright sRGB pixels, no more than `fit_master` leaves, and the upright size they had in the file."""

    image: Image.Image
    original_size: Size


def decode_still(content: bytes, header: Header, crop: Crop | None) -> Still:
    """Decode a picture that is not animated, or the first frame of one that is."""
    match header.format:
        case SourceFormat.JPEG:
            decoded = _decode_jpeg(content, header, crop)
        case SourceFormat.GIF:
            decoded = _decode_gif(content, header, crop)
        case SourceFormat.AVIF:
            decoded = decode_avif(content, header, crop)
        case SourceFormat.HEIC:
            decoded = decode_heic(content, header, crop)
        case SourceFormat.BMP:
            decoded = _decode_bmp(content, header, crop)
        case SourceFormat.WEBP:
            decoded = _decode_webp(content, header, crop)
        case _:
            decoded = _decode_png(content, crop)
    return _finish(decoded, find_colors(content, header.format, decoded.icc_profile))


def _finish(decoded: Decoded, colors: Colors) -> Still:
    small = shrink_to(decoded.image, decoded.part, fit_master(box_size(decoded.part)))
    upright = make_upright(ToSrgb(colors)(small), decoded.orientation)
    return Still(upright, upright_size(decoded.full_part, decoded.orientation))


def _decode_jpeg(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    # The plugin's own class, not Image.open: no other plugin reads the bytes, and a phone's multi-picture JPEG (MPO)
    # is read as the JPEG it begins with.
    try:
        return _decode_with_pillow(JpegImageFile(BytesIO(content)), header, crop)
    except OSError as error:
        if header.scans > 1 and header.pixels * _COEFFICIENT_BYTES > _MUCH_MEMORY:
            raise MemoryError from error  # libjpeg does not say so
        if not _is_whole_jpeg(content):
            raise
        return _decode_with_pillow(JpegImageFile(BytesIO(content + _END_OF_JPEG)), header, crop)


def _is_whole_jpeg(content: bytes) -> bool:
    """Return whether a JPEG lacks nothing but its end marker: then no pixel depends on the bytes that follow."""
    return _decode_half(content + _END_OF_JPEG) == _decode_half(content + b"\x5a" * 64 + _END_OF_JPEG)


def _decode_half(content: bytes) -> bytes:
    image = JpegImageFile(BytesIO(content))
    image.draft(image.mode, (image.width // 2, image.height // 2))
    return image.tobytes()


def _decode_bmp(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    try:
        return _decode_with_pillow(BmpImageFile(BytesIO(content)), header, crop)
    except (OSError, ValueError) as error:
        try:
            image = load_bmp(content, header)
        except (struct.error, ValueError, IndexError):
            raise error from None
    box = stored_box(crop, image.size, 1)
    return Decoded(image, box, box_size(box))


def _decode_gif(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    image = load_first(content, (header.width, header.height))
    box = stored_box(crop, image.size, 1)
    return Decoded(image, box, box_size(box))


def _decode_with_pillow(image: ImageFile, header: Header, crop: Crop | None) -> Decoded:
    # A decoder must not allocate more than the checked header claimed.
    if image.width > header.width or image.height > header.height:
        raise ImageRefused(
            _("This %(label)s file contradicts itself about its size.", label=header.format.label), errors.DAMAGED
        )
    orientation = read_orientation(image, header.format)
    full_size, icc_profile = image.size, image.info.get("icc_profile")
    box = stored_box(crop, full_size, orientation)
    _draft(image, box)
    image.load()
    return Decoded(image, scale_box(box, full_size, image.size), box_size(box), orientation, icc_profile)


def _draft(image: Image.Image, box: Box) -> None:
    """Let a JPEG be decoded at 1/2, 1/4 or 1/8 of its size: near MASTER_SIDE, and never beyond _MOST_DECODED."""
    if not isinstance(image, JpegImageFile):
        return
    shortest, full = min(box_size(box)), image.size
    wanted = min(_NEARLY_MASTER_SIDE, shortest)
    least = next((each for each in (1, 2, 4) if full[0] * full[1] <= each * each * _MOST_DECODED), 8)
    # Pillow halves while *both* sides stay at or above the wanted ones, so these need the picture's own shape.
    sides = (max(1, min(int(side * wanted / shortest), side // least)) for side in full)
    image.draft(image.mode, (next(sides), next(sides)))


def shrink_to(
    image: Image.Image, box: Box, target: Size, resample: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """Return the part `box` of `image` at the size `target`, which is no larger; palettes become colors."""
    if image.mode in _CONVERTED_BEFORE_SHRINKING or "transparency" in image.info:
        palette = image

        def read(part: Box) -> Image.Image:
            return palette.crop(part).convert("RGBA")

        image = reduce_in_strips(read, box, target, "RGBA")
        box = (0, 0, *image.size)
    if box_size(box) == target:
        return image.crop(box)
    if image.mode.startswith("I;16"):
        return ToSrgb(None)(image.crop(box)).resize(target, resample)
    return image.resize(target, resample, box=box, reducing_gap=3.0)


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


def _decode_png(content: bytes, crop: Crop | None) -> Decoded:
    # thumbnail_buffer would do the same in one call, but ignores fail_on and would show half a picture.
    whole: VipsImage = load_vips().Image.pngload_buffer(content, access="sequential", fail_on="error")
    orientation = whole.get("orientation") if whole.get_typeof("orientation") else 1
    box = stored_box(crop, (whole.width, whole.height), orientation)
    part = whole if crop is None else whole.crop(box[0], box[1], *box_size(box))
    width, height = fit_master(box_size(box))
    reduced = part.thumbnail_image(width, height=height, size="force", no_rotate=True)
    return _read_pixels(reduced, None, box_size(box), orientation)


def _decode_webp(content: bytes, header: Header, crop: Crop | None) -> Decoded:
    """Decode at the size that is wanted: at full size, libvips takes 4 bytes a pixel only to read the header."""
    box = stored_box(crop, (header.width, header.height), 1)
    scale = max(fit_master(box_size(box))) / max(box_size(box))
    whole: VipsImage = load_vips().Image.webpload_buffer(content, scale=scale, access="sequential", fail_on="error")
    part = scale_box(box, (header.width, header.height), (whole.width, whole.height))
    return _read_pixels(whole, None if crop is None else part, box_size(box), 1)


def _read_pixels(vips: VipsImage, part: Box | None, full_part: Size, orientation: int) -> Decoded:
    icc_profile = vips.get("icc-profile-data") if vips.get_typeof("icc-profile-data") else None
    image = pixels_of(vips if part is None else vips.crop(part[0], part[1], *box_size(part)))
    return Decoded(image, (0, 0, *image.size), full_part, orientation, icc_profile)


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
    try:
        pyvips = import_module("pyvips")
    except OSError as error:  # the module is there, the library is not
        raise ImportError(str(error)) from error
    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)
    return pyvips
