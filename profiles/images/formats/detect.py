"""Detect the format of bytes from the bytes alone, and check their measures before any pixel is decoded."""

import math
import struct

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats import UPLOAD_NAMES, SourceFormat
from profiles.images.formats.gif import read_gif
from profiles.images.formats.headers import Header, read_bmp, read_jpeg, read_png, read_webp
from profiles.images.formats.heif import read_heif, sniff_heif
from profiles.images.limits import MIB, ImageLimits
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

#: Honest encoders write about ten scans. Each further one costs a pass over the whole picture.
MAX_JPEG_SCANS = 128

_READERS = {
    SourceFormat.JPEG: read_jpeg,
    SourceFormat.PNG: read_png,
    SourceFormat.GIF: read_gif,
    SourceFormat.WEBP: read_webp,
    SourceFormat.AVIF: read_heif,
    SourceFormat.HEIC: read_heif,
    SourceFormat.BMP: read_bmp,
}

#: Signatures of the unsupported files that people try most, so that the refusal can name them.
_KNOWN_OTHERS = (
    (b"II*\0", gettext_noop("a TIFF or camera raw picture")),
    (b"MM\0*", gettext_noop("a TIFF or camera raw picture")),
    (b"\0\0\0\x0cJXL ", gettext_noop("a JPEG XL picture")),
    (b"\xff\x0a", gettext_noop("a JPEG XL picture")),
    (b"\0\0\0\x0cjP  ", gettext_noop("a JPEG 2000 picture")),
    (b"8BPS", gettext_noop("a Photoshop document")),
    (b"\0\0\1\0", gettext_noop("an icon file")),
    (b"%PDF-", gettext_noop("a PDF document")),
    (b"PK\3\4", gettext_noop("a ZIP archive")),
    (b"\x1f\x8b", gettext_noop("a gzip archive")),
    (b"\x1aE\xdf\xa3", gettext_noop("a video")),
)
_BMP_HEADERS = frozenset(struct.pack("<I", length) for length in (12, 16, 40, 52, 56, 64, 108, 124))
_SVG_PROLOGUE = 4096


def sniff_format(content: bytes) -> SourceFormat | None:
    """Return the format that the leading bytes show, or None for anything we do not read."""
    if content.startswith(b"\xff\xd8\xff"):
        return SourceFormat.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return SourceFormat.PNG
    if content.startswith((b"GIF87a", b"GIF89a")):
        return SourceFormat.GIF
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return SourceFormat.WEBP
    if content.startswith(b"BM") and content[14:18] in _BMP_HEADERS:  # two letters alone could begin a text
        return SourceFormat.BMP
    if heif := sniff_heif(content):
        return heif
    opening = content[:_SVG_PROLOGUE].removeprefix(b"\xef\xbb\xbf").lstrip()
    return SourceFormat.SVG if opening.startswith(b"<") and b"<svg" in opening else None


def read_header(content: bytes, limits: ImageLimits) -> Header:
    """Return format, size and frame count of an acceptable raster picture. Raise `ImageRefused` for anything else."""
    check_bytes(content, limits)
    source_format = sniff_format(content)
    if source_format is None or source_format is SourceFormat.SVG:
        raise _refuse_format(content, source_format)
    try:
        header = _READERS[source_format](content)
    except (IndexError, struct.error) as error:
        raise ImageRefused(
            _("This %(label)s file ends before its picture begins.", label=source_format.label), errors.TRUNCATED
        ) from error
    check_header(header, limits)
    return header


def check_bytes(content: bytes, limits: ImageLimits) -> None:
    """Raise `ImageRefused` if there are no bytes or too many."""
    if not content:
        raise ImageRefused(_("This file is empty."), errors.EMPTY)
    if len(content) > limits.max_bytes:
        size, most = _round_up(len(content) / MIB), _round_up(limits.max_bytes / MIB)
        raise ImageRefused(
            _("This file has %(size)s MiB; at most %(most)s MiB are accepted.", size=size, most=most),
            errors.TOO_MANY_BYTES,
        )


def check_header(header: Header, limits: ImageLimits) -> None:
    """Raise `ImageRefused` if the measures in a header exceed a limit; the most telling limit is checked first."""
    label = header.format.label
    if header.width < 1 or header.height < 1:
        raise ImageRefused(_("This %(label)s file holds no picture.", label=label), errors.DAMAGED)
    if max(header.width, header.height) > limits.max_side:
        raise ImageRefused(
            _(
                "This %(label)s is %(width)s by %(height)s pixels; a side may have at most %(side)s.",
                label=label,
                width=str(header.width),
                height=str(header.height),
                side=str(limits.max_side),
            ),
            errors.SIDE_TOO_LONG,
        )
    if header.pixels > limits.max_pixels:
        raise ImageRefused(
            _(
                "This %(label)s has %(megapixels)s megapixels; at most %(most)s are accepted.",
                label=label,
                megapixels=_megapixels(header.pixels),
                most=_megapixels(limits.max_pixels),
            ),
            errors.TOO_MANY_PIXELS,
        )
    if header.scans > MAX_JPEG_SCANS:
        raise ImageRefused(
            _(
                "This %(label)s has %(scans)s scans; at most %(jpeg_scans)s are accepted.",
                label=label,
                scans=header.scans,
                jpeg_scans=MAX_JPEG_SCANS,
            ),
            errors.TOO_COMPLEX,
        )


def may_move(header: Header, limits: ImageLimits) -> bool:
    """Return whether an animation is small enough to be kept as one. Of a larger one a still is kept."""
    return header.frames <= limits.max_frames and header.pixels * header.frames <= limits.max_total_pixels


def _refuse_format(content: bytes, source_format: SourceFormat | None) -> ImageRefused:
    name = _("an SVG drawing") if source_format is SourceFormat.SVG else _name_other(content)
    if name is None:
        return ImageRefused(
            _("This file is not an image we accept. %(formats)s work.", formats=_(UPLOAD_NAMES)),
            errors.NOT_AN_IMAGE,
        )
    return ImageRefused(
        _("This file is %(name)s. %(formats)s work.", name=name, formats=_(UPLOAD_NAMES)),
        errors.UNSUPPORTED_FORMAT,
    )


def _name_other(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        return _("a video")
    return next((_(name) for start, name in _KNOWN_OTHERS if content.startswith(start)), None)


def _megapixels(count: int) -> float:
    return _round_up(count / 1e6)


def _round_up(value: float) -> float:
    """Return `value` with one decimal, rounded up: one byte over the limit must not read as the limit itself."""
    tenths = math.ceil(value * 10)
    return tenths / 10 if tenths % 10 else tenths // 10
