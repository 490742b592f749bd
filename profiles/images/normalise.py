"""Bytes of strangers → pictures of ours, or a refusal with its reason. Pure: no files, no network, no clock."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from .animations import Animation, FrameReader, encode_animation
from .detect import check_bytes, check_header, read_header, sniff_format
from .encode import MASTER_EFFORT, encode
from .errors import ImageRefused, Reason
from .formats import OutputFormat, SourceFormat
from .headers import Header, drop_png_extras
from .limits import ImageLimits
from .picture import Crop, DecodeRequest, NormalisedImage, NormalisedPicture, Rendition
from .squares import check_sizes, cut_squares
from .stills import Still, decode_still
from .svg import decode_svg


def normalise(content: bytes, limits: ImageLimits, *, crop: Crop | None = None) -> NormalisedImage:
    """The master of a picture (and its still, if it moves); raises `ImageRefused`."""
    return normalise_with_renditions(content, DecodeRequest(limits, crop=crop)).image


def normalise_with_renditions(content: bytes, request: DecodeRequest) -> NormalisedPicture:
    """Master, still and all square sizes from one decode; raises `ImageRefused`.

    The master is the whole (cropped) picture, at most MASTER_SIDE long (`animation_side` if it moves), WebP.
    Squares are cut from its middle and never enlarged. The same bytes give the same bytes.
    """
    sizes = check_sizes(request.sizes)
    if request.svg_allowed and sniff_format(content) is SourceFormat.SVG:
        return _normalise_svg(content, request, sizes)
    header = read_header(content, request.limits)
    with _damage_refused(header), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damage it can live with
        return _normalise_raster(content, header, request, sizes)


def _normalise_svg(content: bytes, request: DecodeRequest, sizes: tuple[int, ...]) -> NormalisedPicture:
    check_bytes(content, request.limits)
    header = Header(SourceFormat.SVG, 1, 1)
    with _damage_refused(header):
        return _finish_still(header, decode_svg(content, request.crop), sizes)


def _normalise_raster(
    content: bytes, header: Header, request: DecodeRequest, sizes: tuple[int, ...]
) -> NormalisedPicture:
    if header.format is SourceFormat.PNG:
        content = drop_png_extras(content)
    if header.animated:
        reader = FrameReader(content, header, request.crop)
        check_header(replace(header, frames=reader.count), request.limits)
        if reader.count > 1:  # less than the header said, if an APNG's hidden first picture was one of two
            return _finish_animation(header, encode_animation(reader, sizes), sizes)
    return _finish_still(header, decode_still(content, header, request.crop), sizes)


def _finish_still(header: Header, still: Still, sizes: tuple[int, ...]) -> NormalisedPicture:
    master = encode(still.image, OutputFormat.WEBP, effort=MASTER_EFFORT)
    image = NormalisedImage(master, None, *still.original_size, 1, header.format)
    return NormalisedPicture(image, tuple(_encode_squares(still, sizes)))


def _encode_squares(still: Still, sizes: tuple[int, ...]) -> Iterator[Rendition]:
    last = encoded = None
    for size, square in cut_squares(still.image, sizes):
        if encoded is None or square is not last:  # sizes beyond a small picture share one square
            encoded, last = encode(square, OutputFormat.WEBP), square
        yield Rendition(size, encoded)


def _finish_animation(header: Header, animation: Animation, sizes: tuple[int, ...]) -> NormalisedPicture:
    still = encode(animation.still, OutputFormat.WEBP, effort=MASTER_EFFORT)
    image = NormalisedImage(animation.master, still, *animation.original_size, animation.frames, header.format)
    stills = tuple(_encode_squares(Still(animation.still, animation.original_size), sizes))
    return NormalisedPicture(image, stills + animation.squares)


@contextmanager
def _damage_refused(header: Header) -> Iterator[None]:
    label = header.format.label
    try:
        yield
    except ImageRefused:
        raise
    except MemoryError as error:
        raise ImageRefused(
            Reason.TOO_MUCH_MEMORY, f"This {label} needs more memory than a picture of its size may."
        ) from error
    except Exception as error:
        # Decoders fed hostile bytes raise nearly anything (OSError, SyntaxError, struct.error, KeyError…).
        if not header.complete or isinstance(error, EOFError) or "truncated" in str(error).lower():
            raise ImageRefused(
                Reason.TRUNCATED, f"This {label} file is cut short: it ends before its picture does."
            ) from error
        raise ImageRefused(Reason.DAMAGED, f"This {label} file is damaged and cannot be decoded.") from error
