"""Turn strangers' bytes into pictures of our own, or refuse them with a reason. No files, no network, no clock."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from profiles.images import errors
from profiles.images.animations import Animation, FrameReader, encode_animation
from profiles.images.encode import MASTER_EFFORT, encode
from profiles.images.errors import ImageRefused, ran_out_of_memory
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.formats.detect import check_bytes, may_move, read_header, sniff_format
from profiles.images.formats.headers import Header, drop_png_extras, end_webp
from profiles.images.likeness import difference_hash
from profiles.images.orientation import crop_before_turn, make_upright, upright_size
from profiles.images.picture import DecodeRequest, NormalizedImage, NormalizedPicture, Rendition
from profiles.images.squares import check_sizes, cut_squares
from profiles.images.stills import Still, decode_still
from profiles.images.straighten import straighten, straightened_size
from profiles.sentences import gettext as _


def normalize(content: bytes, request: DecodeRequest) -> NormalizedPicture:
    """Return master, still and the requested squares from one decode. Raise `ImageRefused`.

    The master is the whole (turned and cropped) picture as WebP, no larger than `fit_master` leaves it
    (`animation_side` if it moves).
    Squares are cut from its middle and never enlarged. The same bytes give the same bytes.
    """
    sizes = check_sizes(request.sizes)
    if request.svg_allowed and sniff_format(content) is SourceFormat.SVG:
        return _normalize_svg(content, request, sizes)
    header = read_header(content, request.limits)
    with _damage_refused(header), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damage that it tolerates
        return _normalize_raster(content, header, request, sizes)


def _normalize_svg(content: bytes, request: DecodeRequest, sizes: tuple[int, ...]) -> NormalizedPicture:
    # On first use: a process that sees no drawing stays smaller.
    from profiles.images.drawings.draw import decode_svg

    check_bytes(content, request.limits)
    header = Header(SourceFormat.SVG, 1, 1)
    with _damage_refused(header):
        return _finish_still(header, decode_svg(content, request.crop), sizes)


def _normalize_raster(
    content: bytes, header: Header, request: DecodeRequest, sizes: tuple[int, ...]
) -> NormalizedPicture:
    if header.format is SourceFormat.PNG:
        content = drop_png_extras(content)
    if header.format is SourceFormat.WEBP and not header.complete and header.animated:
        content = end_webp(content)
    animation = _animate(content, header, request, sizes)
    if animation is not None and animation.frames > 1:
        return _finish_animation(header, animation, sizes)
    if animation is not None and animation.hides_first:
        return _finish_still(header, Still(animation.still, animation.original_size), sizes)
    still = decode_still(content, header, crop_before_turn(request.crop, request.turn))
    return _finish_still(header, _edit(still, request), sizes)


def _edit(still: Still, request: DecodeRequest) -> Still:
    """Return the picture turned and straightened."""
    image, size = make_upright(still.image, request.turn), upright_size(still.original_size, request.turn)
    return Still(straighten(image, request.angle), straightened_size(size, request.angle))


def _animate(content: bytes, header: Header, request: DecodeRequest, sizes: tuple[int, ...]) -> Animation | None:
    """Return the animation, None where only a still can be shown: it does not move, is too large or is damaged."""
    if not header.animated or not may_move(header, request.limits):
        return None
    try:
        crop = crop_before_turn(request.crop, request.turn)
        reader = FrameReader(content, header, crop, request.turn, request.angle)
        if not may_move(replace(header, frames=reader.count), request.limits):
            return None
        return encode_animation(reader, sizes)
    except ImageRefused:
        raise
    except Exception:  # noqa: BLE001 - as in _damage_refused; memory for a single frame may suffice
        return None


def _finish_still(header: Header, still: Still, sizes: tuple[int, ...]) -> NormalizedPicture:
    master = encode(still.image, OutputFormat.WEBP, effort=MASTER_EFFORT)
    image = NormalizedImage(master, None, *still.original_size, 1, header.format)
    return NormalizedPicture(image, difference_hash(still.image), tuple(_encode_squares(still, sizes)))


def _encode_squares(still: Still, sizes: tuple[int, ...]) -> Iterator[Rendition]:
    last = encoded = None
    for size, square in cut_squares(still.image, sizes):
        if encoded is None or square is not last:  # sizes beyond a small picture share one square
            encoded, last = encode(square, OutputFormat.WEBP), square
        yield Rendition(size, encoded)


def _finish_animation(header: Header, animation: Animation, sizes: tuple[int, ...]) -> NormalizedPicture:
    still = encode(animation.still, OutputFormat.WEBP, effort=MASTER_EFFORT)
    image = NormalizedImage(animation.master, still, *animation.original_size, animation.frames, header.format)
    stills = tuple(_encode_squares(Still(animation.still, animation.original_size), sizes))
    return NormalizedPicture(image, difference_hash(animation.still), stills + animation.squares)


@contextmanager
def _damage_refused(header: Header) -> Iterator[None]:
    """Raise `ImageRefused` for whatever a decoder raises."""
    label = header.format.label
    try:
        yield
    except (ImageRefused, ImportError):  # what is not installed says nothing about the file
        raise
    except Exception as error:
        # Decoders raise nearly anything for hostile bytes (OSError, SyntaxError, struct.error, KeyError…).
        if ran_out_of_memory(error):
            raise ImageRefused(
                _(
                    "This %(label)s takes more memory to decode than we allow. A smaller copy of it will work.",
                    label=label,
                ),
                errors.TOO_MUCH_MEMORY,
            ) from error
        if not header.complete or isinstance(error, EOFError) or "truncated" in str(error).lower():
            raise ImageRefused(
                _("This %(label)s file is cut short: it ends before its picture does.", label=label), errors.TRUNCATED
            ) from error
        raise ImageRefused(
            _("This %(label)s file is damaged and cannot be decoded.", label=label), errors.DAMAGED
        ) from error
